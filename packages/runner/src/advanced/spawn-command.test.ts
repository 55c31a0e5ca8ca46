import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isProcessAlive } from '@project-runner/launcher-local';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { runCommand, spawnCommand } from './spawn-command.ts';

const cwd = realpathSync(tmpdir());
const env = { PATH: process.env.PATH ?? '' };
const evaluate = (script: string): string[] => ['-e', script];

describe('runCommand', () => {
  it('answers how the program ended and all that it printed', async () => {
    const heard: string[] = [];
    const script =
      "console.error('one\\n\\nthree'); process.stdout.write('no line ending'); process.exitCode = 3;";
    const result = await runCommand('node', evaluate(script), {
      cwd,
      env,
      onOutput: (line) => heard.push(line),
    });
    expect(result).toMatchObject({ code: 3, signal: null, exitCode: 3 });
    expect(result.output.toSorted()).toEqual(['', 'no line ending', 'one', 'three']);
    expect(heard).toEqual(result.output);
  });

  it('never takes death by a signal for success', async () => {
    const result = await runCommand('node', evaluate("process.kill(process.pid, 'SIGKILL')"), { cwd, env });
    expect(result).toMatchObject({ code: null, signal: 'SIGKILL', exitCode: 137 });
  });

  it('gives exactly the environment and the folder that it is told', async () => {
    const dir = realpathSync(mkdtempSync(join(tmpdir(), 'command-')));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    vi.stubEnv('SECRET_OF_THE_RUNNER', 'x');
    onTestFinished(() => void vi.unstubAllEnvs());
    const script =
      'console.log(JSON.stringify({ env: process.env, cwd: process.cwd(), node: process.execPath }))';
    const { output } = await runCommand('node', evaluate(script), { cwd: dir, env: { A: 'b c' } });
    // `node` is the one that runs us, found without a PATH.
    expect(JSON.parse(output[0] ?? '')).toEqual({
      cwd: dir,
      node: process.execPath,
      env: { A: 'b c', PROJECT_RUNNER_ID: expect.any(String) },
    });
  });

  it('passes arguments as they are: no shell reads them', async () => {
    const args = ['$(id)', '; exit 1', "it's", '*'];
    const { output } = await runCommand(
      'node',
      ['-p', 'JSON.stringify(process.argv.slice(1))', '--', ...args],
      {
        cwd,
        env,
      },
    );
    expect(JSON.parse(output[0] ?? '')).toEqual(args);
  });

  it.each([
    ['a program that is not there', 'no-such-program-here', cwd],
    ['a folder that is not there', 'node', join(cwd, 'no-such-folder-here')],
  ])('rejects for %s', async (_, command, dir) => {
    await expect(runCommand(command, [], { cwd: dir, env })).rejects.toMatchObject({ code: 'SPAWN_FAILED' });
  });

  it('leaves nothing running', async () => {
    const child = 'setInterval(() => {}, 1000); console.log(process.pid);';
    const script = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      child.stdout.on('data', (pid) => { process.stdout.write(pid); process.exit(0); });`;
    const { exitCode, output } = await runCommand('node', evaluate(script), { cwd, env });
    expect(exitCode).toBe(0);
    expect(isProcessAlive(Number(output[0]))).toBe(false);
  });

  it('loses no line to a callback that throws, and does not crash', async () => {
    const warned = once(process, 'warning');
    const fail = (): never => {
      throw new Error('callback of a command');
    };
    const script = "process.stdout.write('a\\nb\\nc')";
    const { output } = await runCommand('node', evaluate(script), { cwd, env, onOutput: fail });
    expect(output).toEqual(['a', 'b', 'c']);
    expect((await warned)[0]).toMatchObject({ message: 'callback of a command' });
  });
});

describe('spawnCommand', () => {
  it('answers while the program runs, and stops it with all that came from it', async () => {
    const pids: number[] = [];
    const both = Promise.withResolvers<void>();
    const child = 'console.log(process.pid); setInterval(() => {}, 1000);';
    const script = `${child} require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' });`;
    const handle = await spawnCommand('node', evaluate(script), {
      cwd,
      env,
      onOutput: (line) => {
        if (pids.push(Number(line)) === 2) both.resolve();
      },
    });
    await both.promise;
    expect(pids).toContain(handle.ref.pid);
    expect(pids.map(isProcessAlive)).toEqual([true, true]);
    await handle.stop({ graceMs: 5000 });
    expect(await handle.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(pids.map(isProcessAlive)).toEqual([false, false]);
  });

  it('hands over a last line without an ending before it is closed, though the callback throws', async () => {
    const heard: string[] = [];
    const warned = once(process, 'warning');
    const handle = await spawnCommand('node', evaluate("process.stdout.write('last words')"), {
      cwd,
      env,
      onOutput: (line) => {
        heard.push(line);
        throw new Error('callback of a program');
      },
    });
    await handle.closed;
    expect(heard).toEqual(['last words']);
    expect((await warned)[0]).toMatchObject({ message: 'callback of a program' });
  });
});

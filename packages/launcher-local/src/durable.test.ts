import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { AdoptRequest, LaunchSpec, LogStreamName, ProcessHandle } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { launcherLocal } from './launcher-local.ts';
import { readProcStat } from './proc-stat.ts';
import { isProcessAlive } from './process-ref.ts';
import { findTree } from './process-tree.ts';
import { readBase } from './spool-base.ts';

interface Launched {
  handle: ProcessHandle;
  spec: LaunchSpec & { dir: string };
  text(stream?: LogStreamName): string;
  says(text: string): Promise<void>;
  /** Bytes taken over of each stream. */
  ends: Record<LogStreamName, number>;
}

function recorder() {
  const texts = { stdout: '', stderr: '' };
  const ends = { stdout: 0, stderr: 0 };
  const waiting = new Set<() => void>();
  return {
    ends,
    text: (stream: LogStreamName = 'stdout') => texts[stream],
    onOutput: (stream: LogStreamName, chunk: Uint8Array, end: number) => {
      texts[stream] += Buffer.from(chunk).toString();
      ends[stream] = end;
      for (const check of waiting) check();
    },
    says: (wanted: string) =>
      new Promise<void>((resolve) => {
        const check = (): void => {
          if (texts.stdout.includes(wanted)) resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

async function launch(
  code: string,
  changes: Partial<LaunchSpec> = {},
  launcher = launcherLocal(),
): Promise<Launched> {
  const root = mkdtempSync(join(tmpdir(), 'launcher-'));
  const { onOutput, ...rest } = recorder();
  const spec = {
    id: randomUUID(),
    file: process.execPath,
    args: ['-e', code],
    cwd: root,
    env: { PATH: process.env.PATH ?? '' },
    ipc: false,
    dir: join(root, 'run'),
    onOutput,
    ...changes,
  };
  const handle = await launcher.launch(spec);
  onTestFinished(async () => {
    await handle.stop({ graceMs: 0 });
    rmSync(root, { recursive: true, force: true });
  });
  return { handle, spec, ...rest };
}

async function adopt(
  { spec, ends }: Pick<Launched, 'spec' | 'ends'>,
  changes: Partial<AdoptRequest> = {},
): Promise<Launched & { handle: ProcessHandle }> {
  const { onOutput, ...rest } = recorder();
  const handle = await launcherLocal().adopt?.({
    id: spec.id,
    ref: null,
    dir: spec.dir,
    from: ends,
    onOutput,
    ...changes,
  });
  if (!handle) throw new Error('there is nothing to adopt');
  return { handle, spec, ...rest };
}

const serve = 'setInterval(() => {}, 1000); console.log("ready")';

describe('a durable process', () => {
  it('has its own pid, not that of its shim, and the shim is part of its tree', async () => {
    const { handle, spec, says } = await launch(serve);
    await says('ready');
    expect(readFileSync(`/proc/${handle.ref.pid}/cmdline`, 'utf8')).toContain('setInterval');
    expect(readProcStat(handle.ref.pid)?.startTime).toBe(handle.ref.startTime);
    expect(findTree(spec.id, handle.ref)).toHaveLength(2);
    await handle.stop({ graceMs: 1000 });
    expect(findTree(spec.id, handle.ref)).toEqual([]);
  });

  it.each([
    ['process.exit(0)', { code: 0, signal: null }],
    ['process.exit(7)', { code: 7, signal: null }],
    ['process.kill(process.pid, "SIGKILL")', { code: null, signal: 'SIGKILL' }],
    ['process.kill(process.pid, "SIGTERM")', { code: null, signal: 'SIGTERM' }],
    ['process.kill(process.pid, "SIGABRT")', { code: null, signal: 'SIGABRT' }],
  ])('that does %s ended with %o', async (code, exit) => {
    const { handle, text } = await launch(code);
    expect(await handle.exited).toEqual(exit);
    expect(handle.exit()).toEqual(exit);
    await handle.closed;
    expect(text() + text('stderr')).toBe('');
  });

  it('gets the environment it was given, strange names included, and nothing else', async () => {
    const env = { PATH: process.env.PATH ?? '', A: '1', 'b.c-d': 'x y\nz', E: '' };
    const { handle, spec, text } = await launch('console.log(JSON.stringify(process.env))', { env });
    await handle.closed;
    const got = JSON.parse(text()) as Record<string, string>;
    // bash, which has to do it for the strange name, cannot be kept from telling what it runs.
    delete got._;
    expect(got).toEqual({ ...env, PROJECT_RUNNER_ID: spec.id });
  });

  it('keeps its last words when it crashes', async () => {
    const { handle, text } = await launch(
      'for (let i = 1; i <= 200000; i++) console.log("line", i); throw new Error("the end")',
    );
    expect(await handle.exited).toEqual({ code: 1, signal: null });
    await handle.closed;
    const lines = text().trim().split('\n');
    expect(lines).toHaveLength(200_000);
    expect(lines.at(-1)).toBe('line 200000');
    expect(text('stderr')).toContain('Error: the end');
  });

  it('can be told over IPC, through the shim', async () => {
    const told = Promise.withResolvers<unknown>();
    await launch('process.send({ hello: 1 }); setInterval(() => {}, 1000)', {
      ipc: true,
      onMessage: told.resolve,
    });
    expect(await told.promise).toEqual({ hello: 1 });
  });

  it('keeps its files to the user', async () => {
    const { spec } = await launch(serve);
    expect(statSync(spec.dir).mode & 0o777).toBe(0o700);
    for (const name of ['stdout', 'stderr', 'pid', 'exit'])
      expect(statSync(join(spec.dir, name)).mode & 0o777).toBe(0o600);
  });

  it('is watched on when its shim is killed', async () => {
    const { handle, says, spec } = await launch(serve);
    await says('ready');
    const shim = findTree(spec.id, handle.ref).find((stat) => stat.pid !== handle.ref.pid);
    process.kill(shim?.pid ?? 0, 'SIGKILL');
    while (isProcessAlive(shim?.pid ?? 0)) await new Promise((resolve) => setImmediate(resolve));
    expect(handle.exit()).toBeNull();
    process.kill(handle.ref.pid, 'SIGKILL');
    expect(await handle.exited).toEqual({ code: null, signal: null });
  });

  it('makes a program that is not there a SPAWN_FAILED, and leaves no folder', async () => {
    await expect(launch('', { file: 'no-such-program' })).rejects.toMatchObject({ code: 'SPAWN_FAILED' });
  });
});

describe('adopt', () => {
  it('takes over a process whose runner was killed, with all of its output', async () => {
    const root = mkdtempSync(join(tmpdir(), 'launcher-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const script = fileURLToPath(new URL('fixtures/launch-and-wait.ts', import.meta.url));
    const id = randomUUID();
    const runner = spawn(process.execPath, [script, root, id], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(runner.stdout, 'data')) as [Buffer];
    const { pid, end } = JSON.parse(said.toString()) as { pid: number; end: number };
    const gone = once(runner, 'exit');
    runner.kill('SIGKILL');
    await gone;
    expect(isProcessAlive(pid)).toBe(true);

    const spec = { id, dir: join(root, 'run') } as Launched['spec'];
    const { handle, text, says } = await adopt({ spec, ends: { stdout: end, stderr: 0 } });
    onTestFinished(() => handle.stop({ graceMs: 0 }));
    expect(handle.ref.pid).toBe(pid);
    expect(handle.environment?.()).toEqual({ SECRET: 'kept in memory only' });
    await says('line 100\n');
    await handle.stop({ graceMs: 5000 });
    await handle.closed;
    expect(await handle.exited).toEqual({ code: 5, signal: null });
    const numbers = [...text().matchAll(/line (\d+)\n/g)].map((match) => Number(match[1]));
    const first = numbers[0] ?? 0;
    expect(numbers).toEqual(numbers.map((_, index) => first + index));
    expect(text()).toMatch(/bye\n$/);
  });

  it('tells how a process ended while nobody was there, with its last output', async () => {
    const launched = await launch('console.log("a"); console.log("b"); process.exitCode = 3');
    await launched.handle.closed;
    const { handle, text } = await adopt({ spec: launched.spec, ends: { stdout: 2, stderr: 0 } });
    expect(await handle.exited).toEqual({ code: 3, signal: null });
    await handle.closed;
    expect(text()).toBe('b\n');
  });

  it('stops reading at detach, and the process lives on', async () => {
    const { handle, spec, ends, says } = await launch(serve);
    await says('ready');
    handle.detach?.();
    const again = await adopt({ spec, ends });
    expect(again.handle.ref).toEqual(handle.ref);
    expect(again.handle.exit()).toBeNull();
  });

  it('does not take a stranger with the same pid for it', async () => {
    const launched = await launch('process.exitCode = 0');
    await launched.handle.closed;
    const stranger = spawn(process.execPath, ['-e', serve], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void stranger.kill('SIGKILL'));
    await once(stranger.stdout, 'data');
    const stat = readFileSync(`/proc/${stranger.pid}/stat`, 'utf8').trim().split(' ');
    // As if the kernel had given the pid of the process, and of its shim, to the stranger.
    stat[3] = String(stranger.pid);
    stat[21] = '1';
    writeFileSync(join(launched.spec.dir, 'pid'), `${stat.join(' ')}\n`);
    writeFileSync(join(launched.spec.dir, 'exit'), ' ');
    const { handle } = await adopt({ spec: launched.spec, ends: launched.ends });
    expect(await handle.exited).toEqual({ code: null, signal: null });
    await handle.stop({ graceMs: 0 });
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });

  it('does not take the group of a stranger for it, whose leader is gone, too', async () => {
    const launched = await launch('process.exitCode = 0');
    await launched.handle.closed;
    const script = `const { spawn } = require('node:child_process');
      const child = spawn('sleep', ['60'], { stdio: 'ignore' }); child.unref(); console.log(child.pid);`;
    const leader = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const [said] = (await once(leader.stdout, 'data')) as [Buffer];
    const orphan = Number(said.toString());
    onTestFinished(() => void process.kill(orphan, 'SIGKILL'));
    await once(leader, 'exit');
    const stat = readFileSync(`/proc/${orphan}/stat`, 'utf8').trim().split(' ');
    // As if the leader had had the number of the shim.
    stat[0] = String(leader.pid);
    stat[3] = String(leader.pid);
    stat[21] = '1';
    writeFileSync(join(launched.spec.dir, 'pid'), `${stat.join(' ')}\n`);
    writeFileSync(join(launched.spec.dir, 'exit'), ' ');
    const { handle } = await adopt({ spec: launched.spec, ends: launched.ends });
    await handle.stop({ graceMs: 0 });
    expect(isProcessAlive(orphan)).toBe(true);
  });

  it('answers null where there is no trace', async () => {
    const request = { id: randomUUID(), ref: null, dir: '/nowhere', from: { stdout: 0, stderr: 0 } };
    expect(await launcherLocal().adopt?.({ ...request, onOutput: () => undefined })).toBeNull();
  });
});

describe('the spool', () => {
  it('is followed after it slept', async () => {
    const { spec, says, handle, text } = await launch(serve);
    await says('ready');
    for (const word of ['one', 'two', 'three']) {
      // Long enough without output for the reader to sleep until the file changes.
      await new Promise((resolve) => setTimeout(resolve, 600));
      appendFileSync(join(spec.dir, 'stdout'), `${word}\n`);
      await says(word);
    }
    await handle.stop({ graceMs: 1000 });
    await handle.closed;
    expect(text()).toBe('ready\none\ntwo\nthree\n');
  });

  it('gives up the oldest unread output beyond its budget, and says how much', async () => {
    const root = mkdtempSync(join(tmpdir(), 'launcher-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const dropped: number[] = [];
    let read = 0;
    let last = 0;
    const gate = Promise.withResolvers<void>();
    const handle = await launcherLocal({ spoolBudgetBytes: 1024 * 1024 }).launch({
      id: randomUUID(),
      file: process.execPath,
      args: ['-e', 'process.stdout.write("x"); process.stdout.write(Buffer.alloc(8 << 20, "y")); ' + serve],
      cwd: root,
      env: {},
      ipc: false,
      dir: join(root, 'run'),
      onOutput: (_, chunk, end) => {
        read += chunk.length;
        last = end;
        return gate.promise;
      },
      onDropped: (_, bytes) => dropped.push(bytes),
    });
    const size = (8 << 20) + 1 + 'ready\n'.length;
    while (statSync(join(root, 'run/stdout')).size < size) await new Promise((r) => setImmediate(r));
    gate.resolve();
    await handle.stop({ graceMs: 1000 });
    await handle.closed;
    expect(last).toBe(size);
    expect(dropped.length).toBeGreaterThan(0);
    expect(dropped.reduce((sum, bytes) => sum + bytes, read)).toBe(size);
  });

  it('gives its space back when its output is kept elsewhere', async () => {
    const { handle, spec, ends } = await launch(
      `process.stdout.write(Buffer.alloc(40 << 20, "y"), () => console.log("done")); ${serve}`,
    );
    const blocks = (): number => statSync(join(spec.dir, 'stdout')).blocks * 512;
    while (ends.stdout <= 40 << 20) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(blocks()).toBeGreaterThan(39 << 20);
    handle.release?.('stdout', ends.stdout);
    while (blocks() > 1 << 20) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(statSync(join(spec.dir, 'stdout')).size).toBeGreaterThan(40 << 20);
    await handle.stop({ graceMs: 1000 });
  });

  it('is emptied where there are no holes, and a later runner reads on at the right place', async () => {
    const root = mkdtempSync(join(tmpdir(), 'launcher-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const launcher = launcherLocal({ punchHoles: false });
    const code = `
      const block = 'y'.repeat(1023) + '\\n';
      process.stdout.write(block.repeat(20 * 1024), () => console.log('first'));
      process.once('SIGTERM', () => process.stdout.write(block.repeat(10) + 'second\\n', () => process.exit(0)));
      setInterval(() => {}, 1000);`;
    const { onOutput, says, ends } = recorder();
    const spec = { id: randomUUID(), file: process.execPath, args: ['-e', code], cwd: root, env: {} };
    const dir = join(root, 'run');
    const handle = await launcher.launch({ ...spec, ipc: false, dir, onOutput });
    await says('first');
    const before = ends.stdout;
    expect(statSync(join(dir, 'stdout')).size).toBe(before);
    handle.release?.('stdout', before);
    expect(statSync(join(dir, 'stdout')).size).toBe(0);
    expect(handle.readOutput?.('stdout', before - 10, before)).toHaveLength(0);
    handle.detach?.();

    const heir = recorder();
    const adopted = await launcher.adopt?.({
      id: spec.id,
      ref: null,
      dir,
      from: ends,
      onOutput: heir.onOutput,
    });
    await adopted?.stop({ graceMs: 5000 });
    await adopted?.closed;
    expect(heir.text()).toBe(`${`${'y'.repeat(1023)}\n`.repeat(10)}second\n`);
    expect(heir.ends.stdout).toBe(before + heir.text().length);
    expect(String(adopted?.readOutput?.('stdout', heir.ends.stdout - 7, heir.ends.stdout))).toBe('second\n');
  });

  it.each([
    ['holes', true],
    ['cuts', false],
  ])(
    'passes over what was given back by %s for a later runner that does not know it',
    async (_, punchHoles) => {
      const code = `process.stdout.write(Buffer.alloc(20 << 20, "y"), () => console.log("done")); ${serve}`;
      const before = await launch(code, {}, launcherLocal({ punchHoles }));
      const given = before.ends;
      while (given.stdout <= 20 << 20) await new Promise((resolve) => setTimeout(resolve, 5));
      before.handle.release?.('stdout', given.stdout);
      const file = join(before.spec.dir, 'stdout');
      while (statSync(file).blocks * 512 > 1 << 20) await new Promise((resolve) => setTimeout(resolve, 5));
      before.handle.detach?.();
      appendFileSync(file, 'news\n');
      const heir = await adopt(before, { from: { stdout: 0, stderr: 0 } });
      await heir.says('news\n');
      expect(heir.text()).toBe('news\n');
      expect(heir.ends.stdout).toBe(given.stdout + 5);
      await heir.handle.stop({ graceMs: 1000 });
    },
  );

  it('finds its place again, whichever way a cut that was begun went', () => {
    const root = mkdtempSync(join(tmpdir(), 'launcher-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const file = join(root, 'stdout');
    expect(readBase(file, 100)).toBe(0);
    writeFileSync(`${file}.base`, JSON.stringify({ base: 50, next: { base: 150, size: 100 } }));
    expect(readBase(file, 100)).toBe(50);
    expect(readBase(file, 130)).toBe(50);
    expect(readBase(file, 3)).toBe(150);
  });
});

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { LaunchSpec } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { findCgroupBases, groupPrefix } from './cgroup-bases.ts';
import { identify } from './identify.ts';
import { launchDurable } from './launch-durable.ts';
import { launcherLocal } from './launcher-local.ts';
import { readProcessRef } from './process-ref.ts';
import { findTree, goneStartTime } from './process-tree.ts';
import { createRunFolder } from './run-folder.ts';

const run = promisify(execFile);

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'launcher-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function spec(root: string, changes: Partial<LaunchSpec> = {}): LaunchSpec & { dir: string } {
  return {
    id: randomUUID(),
    file: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)'],
    cwd: root,
    env: {},
    ipc: false,
    dir: join(root, 'run'),
    onOutput: () => undefined,
    ...changes,
  };
}

/** Everything that carries the marker. */
function left(id: string): number[] {
  return findTree(id, { pid: -1, startTime: goneStartTime, bootId: null }).map(({ pid }) => pid);
}

async function withFewFiles(fixture: string, ...args: readonly string[]): Promise<unknown> {
  const script = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url));
  const { stdout } = await run('sh', [
    '-c',
    'ulimit -n 100; exec "$@"',
    'sh',
    process.execPath,
    script,
    ...args,
  ]);
  return JSON.parse(stdout);
}

interface FewFiles {
  when: string;
  files: number;
  how?: string;
}

async function launchWithFiles({ when, files, how = 'durable' }: FewFiles): Promise<unknown> {
  const root = folder();
  const id = randomUUID();
  const told = await withFewFiles('launch-with-few-files.ts', root, id, when, String(files), how);
  return { ...(told as object), left: left(id), folder: existsSync(join(root, 'run')) };
}

const isLinux = process.platform === 'linux';

describe.runIf(isLinux)('a process that cannot open files', () => {
  it.each([
    { when: 'before', files: 0, so: 'nothing can be written down' },
    { when: 'before', files: 1, so: 'only the first of the two spools can be made' },
    { when: 'after', files: 0, so: 'the process cannot be looked at' },
    { when: 'after', files: 1, so: 'only the first of the two spools can be read' },
    { when: 'after', files: 0, so: 'the process cannot be looked at', how: 'piped' },
  ])('leaves nothing behind of a launch: $files more from $when its start, so that $so', async (row) => {
    expect(await launchWithFiles(row)).toEqual({
      launched: false,
      code: 'SPAWN_FAILED',
      message: expect.stringContaining('EMFILE') as string,
      hint: expect.stringContaining('ulimit -n') as string,
      files: 0,
      left: [],
      folder: false,
    });
  });

  it('launches with as many as it needs', async () => {
    expect(await launchWithFiles({ when: 'after', files: 4 })).toMatchObject({
      launched: true,
      files: 0,
      left: [],
    });
  });

  it('takes no process for gone that it cannot look at', async () => {
    expect(await withFewFiles('watch-without-files.ts')).toEqual({
      before: 'nothing',
      after: { code: null, signal: null },
    });
  });
});

it('gives a program its variables, also those of a name that a shell script would take for its own', async () => {
  const env = { d: '1', line: '2', code: '3', dir: '4', pid: '5' };
  let output = '';
  const args = ['-e', 'console.log(JSON.stringify(process.env))'];
  const onOutput = (_: string, chunk: Uint8Array): void => void (output += Buffer.from(chunk).toString());
  const handle = await launcherLocal().launch(spec(folder(), { args, env, onOutput }));
  await handle.closed;
  expect(JSON.parse(output)).toMatchObject(env);
  expect(output).not.toContain('_pr_');
});

it('names what it found to be wrong with a program, also where that is mended at that moment', async () => {
  const root = folder();
  let looks = 0;
  const env = {
    get PATH() {
      looks += 1;
      if (looks > 1) writeFileSync(join(root, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
      return root;
    },
  };
  await expect(launcherLocal().launch(spec(root, { file: 'tool', env }))).rejects.toMatchObject({
    code: 'SPAWN_FAILED',
    message: `tool could not be started in ${root}: there is no such program on PATH`,
  });
});

const { v2 } = findCgroupBases();

describe('a launch whose process is never told', () => {
  it('is given up at a deadline', async () => {
    const shim = readProcessRef(process.pid);
    const waiting = identify({
      run: createRunFolder(join(folder(), 'run')),
      shim,
      shimExited: new Promise(() => undefined),
      deadlineMs: 20,
    });
    await expect(waiting).rejects.toMatchObject({
      code: 'SPAWN_FAILED',
      message: expect.stringMatching(/did not write its pid .* within 20 ms/) as string,
    });
  });

  it.runIf(v2)('ends its tree, which may be frozen', async () => {
    const root = folder();
    const asked = spec(root, { limits: { pids: 100 } });
    const group = join(v2?.dir ?? '', `${groupPrefix}${asked.id}`);
    mkdirSync(group);
    writeFileSync(join(group, 'cgroup.freeze'), '1');
    const options = { budgetBytes: 0, minFreeBytes: 0, punchHoles: false, cgroups: true, identifyMs: 100 };
    await expect(launchDurable(asked, asked.dir, options)).rejects.toMatchObject({ code: 'SPAWN_FAILED' });
    expect(left(asked.id)).toEqual([]);
    expect(existsSync(group)).toBe(false);
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('the folder of a launch', () => {
  it('keeps what was there before when the launch fails', async () => {
    const root = folder();
    writeFileSync(join(root, 'mine'), 'mine');
    // No argument of a program can hold a zero byte.
    const asked = spec(root, { dir: root, args: ['\0'] });
    await expect(launcherLocal().launch(asked)).rejects.toMatchObject({ code: 'SPAWN_FAILED' });
    expect(readdirSync(root)).toEqual(['mine']);
  });

  it('belongs to one process only', async () => {
    const asked = spec(folder());
    const handle = await launcherLocal().launch(asked);
    onTestFinished(() => handle.stop({ graceMs: 0 }));
    const identity = readFileSync(join(asked.dir, 'pid'), 'utf8');
    const second = launcherLocal().launch({ ...asked, id: randomUUID() });
    await expect(second).rejects.toMatchObject({ code: 'SPAWN_FAILED', cause: { code: 'EEXIST' } });
    expect(readFileSync(join(asked.dir, 'pid'), 'utf8')).toBe(identity);
    expect(handle.exit()).toBeNull();
  });

  it('may be named from the working folder of the runner', async () => {
    const asked = spec(folder());
    const handle = await launcherLocal().launch({ ...asked, dir: relative(process.cwd(), asked.dir) });
    onTestFinished(() => handle.stop({ graceMs: 0 }));
    expect(parseInt(readFileSync(join(asked.dir, 'pid'), 'utf8'))).toBe(handle.ref.pid);
  });
});

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testLauncher } from '@project-runner/conformance';
import type { LaunchSpec, ProcessHandle } from '@project-runner/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { readSysctl } from './boot-id.ts';
import { launcherLocal } from './launcher-local.ts';
import { ticksPerSecond } from './proc-table.ts';
import { readProcStat } from './proc-stat.ts';
import { isProcessAlive, isSameProcess, isStillSame, readProcessRef } from './process-ref.ts';
import { parsePsLine, readPsStat } from './ps.ts';

// What macOS gets, which Linux can do, too.
vi.mock('./has-proc.ts', () => ({ hasProc: false }));

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'portable-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Runs until it is killed, and has said so. */
async function stranger(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("ready")'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

interface Launched {
  handle: ProcessHandle;
  spec: LaunchSpec & { dir: string };
  /** The numbers that it printed, when there are so many. */
  numbers(count: number): Promise<number[]>;
}

async function launch(code: string): Promise<Launched> {
  const root = folder();
  let output = '';
  const spec = {
    id: randomUUID(),
    file: process.execPath,
    args: ['-e', code],
    cwd: root,
    // Would cut the lines of `ps`.
    env: { COLUMNS: '20', PATH: process.env.PATH ?? '' },
    ipc: false,
    dir: join(root, 'run'),
    onOutput: (_: string, chunk: Uint8Array) => void (output += String(Buffer.from(chunk))),
  };
  const handle = await launcherLocal({ cgroups: false }).launch(spec);
  onTestFinished(() => handle.stop({ graceMs: 0 }));
  const numbers = (count: number): Promise<number[]> =>
    vi.waitFor(() => {
      const found = [...output.matchAll(/(\d+)\n/g)].map((match) => Number(match[1]));
      expect(found).toHaveLength(count);
      return found;
    }, 10_000);
  return { handle, spec, numbers };
}

function adopt({ id, dir }: { id: string; dir: string }) {
  const from = { stdout: 0, stderr: 0 };
  return launcherLocal({ cgroups: false }).adopt?.({ id, dir, from, ref: null, onOutput: () => undefined });
}

describe.skipIf(process.platform === 'win32')('without /proc', () => {
  // Memory is told of the first process only.
  testLauncher(it, { create: () => launcherLocal({ cgroups: false }), durable: true, treeUsage: false });

  it.runIf(process.platform === 'linux')('the start of a process is known to the second', async () => {
    const pid = await stranger();
    const bootAt = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    const startedAt = bootAt + Number(readProcStat(pid)?.startTime) / ticksPerSecond;
    const { startTime } = readProcessRef(pid);
    expect(Math.abs(Date.parse(startTime ?? '') / 1000 - startedAt)).toBeLessThanOrEqual(1);
  });

  it('a process is told from another one that gets its number', async () => {
    const ref = readProcessRef(await stranger());
    expect(isSameProcess(ref)).toBe(true);
    expect(await isStillSame(ref)).toBe(true);
    for (const other of [
      { ...ref, startTime: '2001-01-01T00:00:00.000Z' },
      { ...ref, startTime: null },
      { ...ref, bootId: 'another one' },
    ]) {
      expect(isSameProcess(other)).toBe(false);
      expect(await isStillSame(other)).toBe(false);
    }
    process.kill(ref.pid, 'SIGKILL');
    await vi.waitFor(() => expect(isSameProcess(ref)).toBe(false), 10_000);
    // A look may be half a second old.
    await vi.waitFor(async () => expect(await isStillSame(ref)).toBe(false), 10_000);
  });

  it('a process that came after the look of another is not taken for gone', async () => {
    const first = readProcessRef(await stranger());
    expect(await isStillSame(first)).toBe(true);
    expect(await isStillSame(readProcessRef(await stranger()))).toBe(true);
  });

  it('a stranger with the same number is neither taken over nor signalled', async () => {
    const { handle, spec } = await launch('process.exitCode = 0');
    await handle.closed;
    const pid = await stranger();
    const line = `${pid} ${pid} ${pid} S Mon Jan  1 00:00:00 2001 node`;
    expect(parsePsLine(line)).toMatchObject({ pid, startTime: '2001-01-01T00:00:00.000Z' });
    // As if the kernel had given the numbers of the process and of its shim to the stranger.
    writeFileSync(join(spec.dir, 'pid'), `${line}\n`);
    writeFileSync(join(spec.dir, 'exit'), ' ');
    const adopted = await adopt(spec);
    expect(await adopted?.exited).toEqual({ code: null, signal: null });
    await adopted?.stop({ graceMs: 0 });
    expect(isProcessAlive(pid)).toBe(true);
  });

  it('a stranger with the number of a shim that is gone is not signalled', async () => {
    const { handle, spec } = await launch('setInterval(() => {}, 1000)');
    handle.detach?.();
    const pid = await stranger();
    const line = readFileSync(join(spec.dir, 'pid'), 'utf8').trim().split(/\s+/);
    line[1] = String(pid);
    writeFileSync(join(spec.dir, 'pid'), `${line.join(' ')}\n`);
    const adopted = await adopt(spec);
    expect(adopted?.ref).toEqual(handle.ref);
    await adopted?.stop({ graceMs: 0 });
    expect(isSameProcess(handle.ref)).toBe(false);
    expect(isProcessAlive(pid)).toBe(true);
  });

  it('a stop ends what outlives the first process, and what leaves the group before it is alone', async () => {
    const stubborn = (detached: boolean): string => `
      const child = spawn(process.execPath, ['-e',
        'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log(process.pid)'],
        { stdio: 'inherit', detached: ${detached} });
      child.unref();`;
    const { handle, numbers } = await launch(`
      const { spawn } = require('node:child_process');
      { ${stubborn(false)} } { ${stubborn(true)} }
      process.on('SIGTERM', () => process.exit(0));
      setInterval(() => {}, 1000);`);
    const pids = await numbers(2);
    await handle.stop({ graceMs: 300 });
    expect(await handle.exited).toEqual({ code: 0, signal: null });
    expect(pids.filter((pid) => readPsStat(pid)?.state.match(/^[^Z]/))).toEqual([]);
  });
});

describe('a line of ps', () => {
  it('may have anything for the command', () => {
    const line = '   88     1    88 Ss   Mon Nov  2 09:03:11 2026 /Applications/A B.app/C (D) 1  ';
    expect(parsePsLine(line)).toMatchObject({
      pid: 88,
      parent: 1,
      group: 88,
      state: 'S',
      startTime: '2026-11-02T09:03:11.000Z',
      command: '/Applications/A B.app/C (D) 1',
    });
    expect(parsePsLine('88 1 88 Ss Mon Nov  2 09:0')).toBeNull();
    expect(parsePsLine('')).toBeNull();
  });
});

describe('sysctl', () => {
  it.runIf(process.platform === 'linux')('tells a value, and null of a name that it does not know', () => {
    expect(readSysctl('kernel.random.boot_id')).toBe(
      readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    );
    expect(readSysctl('kern.bootsessionuuid')).toBeNull();
  });
});

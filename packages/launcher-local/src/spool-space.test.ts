import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { OutputReceiver, ProcessHandle } from '@project-runner/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { launcherLocal } from './launcher-local.ts';
import type { LauncherLocalOptions } from './launcher-local.ts';
import { createSpoolSpace } from './spool-space.ts';

const mega = 1024 * 1024;
const lineBytes = 16;

/** What the process prints: numbered lines, so that every byte is known by its place. */
const print = (megabytes: number): string => `
  for (let i = 0; i < ${megabytes}; i += 1) {
    const lines = Array.from({ length: ${mega / lineBytes} }, (_, n) =>
      String(i * ${mega / lineBytes} + n).padEnd(${lineBytes - 1}) + '\\n');
    require('node:fs').writeSync(1, lines.join(''));
  }
  setInterval(() => {}, 1000);`;

function printed(start: number, end: number): string {
  const first = Math.floor(start / lineBytes);
  const count = Math.ceil(end / lineBytes) - first;
  const lines = Array.from({ length: count }, (_, n) => `${String(first + n).padEnd(lineBytes - 1)}\n`);
  return lines.join('').slice(start - first * lineBytes, end - first * lineBytes);
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'spool-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

interface Launched {
  handle: ProcessHandle;
  file: string;
  request: { id: string; dir: string };
  blocks(): number;
}

async function launch(
  megabytes: number,
  receiver: OutputReceiver,
  options: LauncherLocalOptions = {},
): Promise<Launched> {
  const root = folder();
  const request = { id: randomUUID(), dir: join(root, 'run') };
  const handle = await launcherLocal(options).launch({
    ...request,
    file: process.execPath,
    args: ['-e', print(megabytes)],
    cwd: root,
    env: {},
    ipc: false,
    ...receiver,
  });
  onTestFinished(() => handle.stop({ graceMs: 0 }));
  const file = join(request.dir, 'stdout');
  return { handle, file, request, blocks: () => statSync(file).blocks * 512 };
}

const sizeIs = (file: string, size: number): Promise<void> =>
  vi.waitFor(() => expect(statSync(file).size).toBe(size), { timeout: 15_000, interval: 5 });

interface Range {
  start: number;
  end: number;
}

/** Takes the first chunk over when `gate` opens. */
function slowReceiver(gate: Promise<void>) {
  const chunks: (Range & { text: string })[] = [];
  const dropped: Range[] = [];
  const receiver: OutputReceiver = {
    onOutput: (_, chunk, end) => {
      chunks.push({ start: end - chunk.length, end, text: Buffer.from(chunk).toString() });
      return gate;
    },
    onDropped: (_, bytes, end) => void dropped.push({ start: end - bytes, end }),
  };
  return { receiver, chunks, dropped };
}

describe('output beyond the budget', () => {
  it('is dropped as told, and not a byte of what was handed over and is not kept yet', async () => {
    const gate = Promise.withResolvers<void>();
    const { receiver, chunks, dropped } = slowReceiver(gate.promise);
    const { handle, file, blocks } = await launch(20, receiver, { spoolBudgetBytes: mega });
    await sizeIs(file, 20 * mega);
    const full = blocks();
    gate.resolve();
    await vi.waitFor(() => expect(chunks.at(-1)?.end).toBe(20 * mega), 15_000);

    expect(dropped.length).toBeGreaterThan(0);
    const all = [...chunks, ...dropped].toSorted((a, b) => a.start - b.start);
    expect(all[0]?.start).toBe(0);
    for (const [index, { start }] of all.entries()) expect(start).toBe(all[index - 1]?.end ?? 0);
    const lost = dropped.reduce((sum, { start, end }) => sum + end - start, 0);
    // Blocks of a file system may be cut, so some of a range may stay; and some are taken ahead.
    await vi.waitFor(() => expect(blocks()).toBeLessThan(full - lost + 4 * mega), 15_000);
    for (const { start, end, text } of chunks) {
      expect(text === printed(start, end)).toBe(true);
      expect(String(handle.readOutput?.('stdout', start, end)) === text).toBe(true);
    }

    handle.release?.('stdout', 20 * mega);
    await vi.waitFor(() => expect(blocks()).toBeLessThan(4 * mega), 15_000);
  });

  it('stays in the file until what follows was taken over', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const dropped: Range[] = [];
    const chunks: number[] = [];
    const { handle, file, blocks } = await launch(
      20,
      {
        onOutput: (_, __, end) => gates[chunks.push(end) - 1]?.promise,
        onDropped: (_, bytes, end) => void dropped.push({ start: end - bytes, end }),
      },
      { spoolBudgetBytes: mega },
    );
    await sizeIs(file, 20 * mega);
    const full = blocks();
    gates[0]?.resolve();
    await vi.waitFor(() => expect(chunks).toHaveLength(2), 15_000);
    // A process as short as the one that would make the hole.
    await promisify(execFile)('fallocate', ['--version']);
    // The last one: a slow machine may have dropped some before the first chunk, too.
    const { start = 0, end = 0 } = dropped.at(-1) ?? {};
    expect(start).toBe(chunks[0]);
    expect(String(handle.readOutput?.('stdout', start, end)) === printed(start, end)).toBe(true);
    gates[1]?.resolve();
    await vi.waitFor(() => expect(blocks()).toBeLessThan(full / 2), 15_000);
  });

  it('is given back, too, when it was read and nobody says to keep it, as behind a sink that hangs', async () => {
    const { receiver, chunks, dropped } = slowReceiver(Promise.resolve());
    const { handle } = await launch(40, receiver, { spoolBudgetBytes: 4 * mega });
    await vi.waitFor(() => expect(chunks.at(-1)?.end).toBe(40 * mega), 15_000);
    const isHole = (): boolean => !handle.readOutput?.('stdout', 0, 8 * mega).some((byte) => byte !== 0);
    await vi.waitFor(() => expect(isHole()).toBe(true), 15_000);
    // The newest half of the budget stays for an heir.
    const start = 38 * mega;
    expect(String(handle.readOutput?.('stdout', start, 40 * mega)) === printed(start, 40 * mega)).toBe(true);
    const read = chunks.reduce((sum, { text }) => sum + text.length, 0);
    const lost = dropped.reduce((sum, range) => sum + range.end - range.start, 0);
    expect(read + lost).toBe(40 * mega);
  });

  it('is given back as well where files cannot have holes, as soon as all of it was read', async () => {
    const { receiver, chunks, dropped } = slowReceiver(Promise.resolve());
    const { handle, file } = await launch(40, receiver, { spoolBudgetBytes: 4 * mega, punchHoles: false });
    await vi.waitFor(() => expect(chunks.at(-1)?.end).toBe(40 * mega), 15_000);
    await vi.waitFor(() => expect(statSync(file).size).toBeLessThan(20 * mega), 15_000);
    expect(handle.readOutput?.('stdout', 0, mega).length).toBe(0);
    const read = chunks.reduce((sum, { text }) => sum + text.length, 0);
    const lost = dropped.reduce((sum, range) => sum + range.end - range.start, 0);
    expect(read + lost).toBe(40 * mega);
    for (const { start, end, text } of chunks) expect(text === printed(start, end)).toBe(true);
  });

  it('is read to its end all the same when the budget is nothing', async () => {
    const { receiver, chunks, dropped } = slowReceiver(Promise.resolve());
    const { handle } = await launch(4, receiver, { spoolBudgetBytes: 0 });
    await vi.waitFor(() => expect(chunks.at(-1)?.end).toBe(4 * mega), 15_000);
    await handle.stop({ graceMs: 0 });
    await handle.closed;
    const sum = [...chunks, ...dropped].reduce((total, { start, end }) => total + end - start, 0);
    expect(sum).toBe(4 * mega);
  });

  it('is not dropped of a process that has ended', async () => {
    const gate = Promise.withResolvers<void>();
    const first = slowReceiver(gate.promise);
    const options = { spoolBudgetBytes: mega, minFreeBytes: Number.MAX_SAFE_INTEGER };
    const { handle, file, request } = await launch(8, first.receiver, options);
    await sizeIs(file, 8 * mega);
    handle.detach?.();
    await handle.stop({ graceMs: 0 });
    gate.resolve();
    const heir = slowReceiver(Promise.resolve());
    const adopted = await launcherLocal(options).adopt?.({
      ...request,
      ...heir.receiver,
      ref: null,
      from: { stdout: 0, stderr: 0 },
    });
    await adopted?.closed;
    expect(heir.dropped).toEqual([]);
    expect(heir.chunks.map(({ text }) => text).join('') === printed(0, 8 * mega)).toBe(true);
  });
});

describe('a spool whose beginning was cut off', () => {
  it('gets its holes where the output is now', async () => {
    const file = join(folder(), 'stdout');
    writeFileSync(file, printed(20 * mega, 40 * mega));
    const space = createSpoolSpace({ file, from: 20 * mega, base: () => 20 * mega, punchHoles: true });
    space.release(37 * mega);
    await vi.waitFor(() => expect(statSync(file).blocks * 512).toBeLessThan(4 * mega), 15_000);
    const bytes = readFileSync(file);
    expect(bytes.subarray(0, 17 * mega).every((byte) => byte === 0)).toBe(true);
    expect(bytes.subarray(17 * mega).toString() === printed(37 * mega, 40 * mega)).toBe(true);
  });
});

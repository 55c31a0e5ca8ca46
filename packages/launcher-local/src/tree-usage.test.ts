import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { LaunchSpec, ProcessHandle } from '@project-runner/core';
import { expect, it, onTestFinished, vi } from 'vitest';

import { launcherLocal } from './launcher-local.ts';
import { markerVariable } from './marker.ts';
import { readProcStat } from './proc-stat.ts';
import { sharedProcTable } from './proc-table.ts';
import { readProcessRef } from './process-ref.ts';
import { findTree } from './process-tree.ts';

async function launch(code: string): Promise<{ handle: ProcessHandle; spec: LaunchSpec & { dir: string } }> {
  const root = mkdtempSync(join(tmpdir(), 'usage-'));
  const ready = Promise.withResolvers<void>();
  const spec = {
    id: randomUUID(),
    file: process.execPath,
    args: ['-e', code],
    cwd: root,
    env: { PATH: process.env.PATH ?? '' },
    ipc: true,
    dir: join(root, 'run'),
    onOutput: () => ready.resolve(),
  };
  const handle = await launcherLocal().launch(spec);
  onTestFinished(async () => {
    await handle.stop({ graceMs: 0 });
    rmSync(root, { recursive: true, force: true });
  });
  await ready.promise;
  return { handle, spec };
}

const burn = (ms: number): string => `for (const t = Date.now(); Date.now() - t < ${ms};);`;
const stay = 'setInterval(() => {}, 1000); console.log("ready");';
const lately = Number.NEGATIVE_INFINITY;

it('lets many trees share one look at the processes of the machine', async () => {
  const launched = await Promise.all(Array.from({ length: 8 }, () => launch(stay)));
  // Again where a busy machine made us slower than a look is good for.
  const looks = await vi.waitFor(() => {
    const table = sharedProcTable(performance.now());
    const taken = launched.map(({ handle }) => handle.usage());
    expect(sharedProcTable(lately)).toBe(table);
    return taken;
  }, 5000);
  for (const usage of await Promise.all(looks)) expect(usage?.memoryBytes).toBeGreaterThan(10_000_000);
});

it('tells the average of its life at the first look at a process that others started', async () => {
  const { spec } = await launch(burn(400) + stay);
  const adopted = await launcherLocal().adopt?.({ ...spec, ref: null, from: { stdout: 0, stderr: 0 } });
  const usage = await adopted?.usage();
  expect(usage?.cpuPercent).toBeGreaterThan(1);
  expect(usage?.cpuPercent).toBeLessThan(200);
  adopted?.detach?.();
});

it('counts what came after the first look, children included', async () => {
  const child = `${burn(300)} console.log("burnt"); setInterval(() => {}, 1000)`;
  const { handle, spec } = await launch(
    `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" })`,
  );
  // It printed because its child did: all of it was used by a process younger than the launch.
  const first = await handle.usage();
  expect(first?.cpuPercent).toBeGreaterThan(5);
  expect(first?.cpuPercent).toBeLessThan(250);
  const pids = findTree(spec.id, handle.ref).map((stat) => stat.pid);
  expect(pids.length).toBeGreaterThanOrEqual(3);
});

it('never takes an old look for the end or the beginning of a tree', async () => {
  const { handle } = await launch(stay);
  sharedProcTable(performance.now());
  const { handle: later } = await launch(stay);
  expect(await later.usage()).not.toBeNull();
  await handle.stop({ graceMs: 1000 });
  expect(await handle.usage()).toBeNull();
});

it('repeats itself within a tenth of a second, and measures again after that', async () => {
  const { handle } = await launch(stay);
  const first = await vi.waitFor(async () => {
    const usage = await handle.usage();
    expect(await handle.usage()).toBe(usage);
    return usage;
  }, 5000);
  await vi.waitFor(async () => expect(await handle.usage()).not.toBe(first), 5000);
});

it('finds a process that becomes another program with the marker', async () => {
  const id = randomUUID();
  const shell = spawn('/bin/sh', ['-c', `read -r line; ${markerVariable}=${id} exec sleep 60`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    detached: true,
  });
  onTestFinished(() => void shell.kill('SIGKILL'));
  const stranger = { ...readProcessRef(process.pid), pid: 2 ** 30, startTime: 'none' };
  const look = (): number[] =>
    findTree(id, stranger, sharedProcTable(performance.now())).map((stat) => stat.pid);
  expect(look()).toEqual([]);
  shell.stdin?.end('go\n');
  await vi.waitFor(() => expect(readProcStat(shell.pid ?? 0)?.command).toBe('sleep'), 5000);
  expect(look()).toEqual([shell.pid]);
});

it('stops what was started since the last look', async () => {
  const child = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); process.send("up")';
  const { handle, spec } = await launch(
    `process.on("message", () => {}); const { spawn } = require("node:child_process"); process.on("SIGTERM", () => {
       spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { detached: true, stdio: ["ignore", "ignore", "ignore", "ipc"] })
         .on("message", () => process.exit(0)) }); ${stay}`,
  );
  await handle.usage();
  await handle.stop({ graceMs: 300 });
  expect(findTree(spec.id, handle.ref)).toEqual([]);
});

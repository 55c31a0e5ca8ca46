import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createJobs } from '@project-runner/jobs';
import { isProcessAlive, launcherLocal } from '@project-runner/launcher-local';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { nodeJob, testJobs } from '../support/test-jobs.ts';

const isLinux = process.platform === 'linux';
const grows = nodeJob('const all = []; setInterval(() => all.push(Buffer.alloc(8e6, 1)), 10)');
const mb = 1024 * 1024;

describe.runIf(isLinux)('the memory limit', () => {
  it('is kept by whatever this machine has, and the result says by what', async () => {
    const { run } = testJobs();
    const result = await run({ command: grows, limits: { memoryBytes: 150 * mb }, retries: 3 });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'JOB_LIMIT_EXCEEDED' },
      metrics: { retries: 0 },
    });
    const { value, by } = result.limits.memoryBytes ?? { value: 0, by: [] };
    expect(value).toBe(150 * mb);
    expect(by).toContain('node');
    const byGroup = by.some((name) => name.startsWith('cgroup-'));
    expect(byGroup || by.includes('watch')).toBe(true);
    const peak = result.metrics.peakMemoryBytes ?? 0;
    expect(peak).toBeGreaterThan(100 * mb);
    // Looks come late, the system does not.
    expect(byGroup ? peak : 0).toBeLessThanOrEqual(150 * mb);
  });

  it('is kept by looks where there are no control groups, of the whole tree', async () => {
    const { run } = testJobs({ launcher: launcherLocal({ cgroups: false }) });
    const child = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grows[2])}], { stdio: 'inherit' })`;
    const result = await run({ command: nodeJob(child), limits: { memoryBytes: 300 * mb } });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'JOB_LIMIT_EXCEEDED' } });
    expect(result.limits.memoryBytes?.by).toEqual(['watch', 'prlimit', 'node']);
  });

  it('is known to Node, which says so', async () => {
    const { run } = testJobs();
    const code = 'const all = []; for (;;) all.push(new Array(1000).fill({}))';
    const result = await run({ command: nodeJob(code), limits: { memoryBytes: 150 * mb } });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'JOB_LIMIT_EXCEEDED' } });
    expect(result.stderr).toMatch(/heap out of memory/);
  });
});

describe.runIf(isLinux)('the limit of cores', () => {
  it('is a lower priority where there are no control groups', async () => {
    const { run } = testJobs({ launcher: launcherLocal({ cgroups: false }) });
    const code = `
      const { readFileSync } = require('node:fs');
      const nice = () => Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[16]);
      setInterval(() => { if (nice() > 0) { console.log(nice()); process.exit(); } }, 5);
    `;
    const result = await run({ command: nodeJob(code), limits: { cpus: 0.5, timeSeconds: 30 } });
    expect(result.limits.cpus).toEqual({ value: 0.5, by: ['nice'] });
    expect(result.output).toBeGreaterThan(0);
  });
});

describe.runIf(isLinux)('what is said to have been in force', () => {
  const limits = { memoryBytes: 512 * mb, cpus: 1 };

  it('is the same for a job of a moment, whose process has left its group by then', async () => {
    const { run } = testJobs({ concurrency: 4 });
    const long = await run({ command: 'sleep 0.5', limits });
    const byGroup = (by: readonly string[] = []): string[] => by.filter((name) => name.startsWith('cgroup'));
    const short = await Promise.all(Array.from({ length: 20 }, () => run({ command: 'true', limits })));
    for (const result of short) {
      expect(byGroup(result.limits.memoryBytes?.by)).toEqual(byGroup(long.limits.memoryBytes?.by));
      expect(byGroup(result.limits.cpus?.by)).toEqual(byGroup(long.limits.cpus?.by));
    }
  });

  it('is not the heap limit where the job chose another one', async () => {
    const { run } = testJobs();
    const byNode = async (command: readonly string[], env: Record<string, string> = {}): Promise<boolean> =>
      (await run({ command, limits, env })).limits.memoryBytes?.by.includes('node') ?? false;
    const show = 'console.log(1)';
    expect(await byNode(['node', '-e', show])).toBe(true);
    expect(await byNode(['node', '-e', show], { NODE_OPTIONS: '--no-warnings' })).toBe(true);
    expect(await byNode(['node', '-e', show], { NODE_OPTIONS: '--max_old_space_size=4096' })).toBe(false);
    expect(await byNode(['node', '--max-old-space-size=4096', '-e', show])).toBe(false);
    expect(await byNode(['true'])).toBe(false);
  });

  it('is not a deadline, and not looks, where nobody looked after it until its end; what was done to it is', async () => {
    const launcher = launcherLocal({ cgroups: false });
    const { jobs, stateDir } = testJobs({ launcher });
    const gate = join(tempFolder(), 'gate');
    const wait = nodeJob(
      `const timer = setInterval(() => require('node:fs').existsSync(${JSON.stringify(gate)}) && clearInterval(timer), 5)`,
    );
    const spec = { command: wait, limits: { ...limits, timeSeconds: 600 } };
    const handle = await jobs.executeBackground(await jobs.createContext(spec));
    const { pid } = await eventually(
      () => jobs.status(handle),
      ({ status }) => status === 'running',
    );
    const file = join(stateDir, 'runs', handle.id, 'limits-1');
    await eventually(
      () => existsSync(file),
      (isThere) => isThere,
    );
    await jobs.close();
    writeFileSync(gate, '');
    await eventually(
      () => isProcessAlive(pid ?? 0),
      (isAlive) => !isAlive,
    );
    const other = createJobs({ stateDir, keeper: false, launcher });
    const result = await other.wait(handle);
    await other.close();
    expect(result).toMatchObject({ status: 'completed' });
    expect(result.limits).toEqual({
      memoryBytes: { value: 512 * mb, by: ['prlimit', 'node'] },
      cpus: { value: 1, by: ['nice'] },
      timeSeconds: { value: 600, by: [] },
    });
  });
});

const bytes = 1_000_000_000;

it.runIf(isLinux)('a job that prints 1 GB ends, with flat memory and a bounded spool', async () => {
  const { jobs, stateDir } = testJobs();
  const command = ['/bin/sh', '-c', `head -c ${bytes} /dev/zero | tr '\\0' x; echo; echo done; echo err >&2`];
  const context = await jobs.createContext({ command });
  const handle = await jobs.executeBackground(context);
  const before = process.memoryUsage().rss;
  let most = { spool: 0, memory: 0 };
  const timer = setInterval(() => {
    const stat = statSync(join(stateDir, 'runs', handle.id, 'launch-1/stdout'), { throwIfNoEntry: false });
    most = {
      spool: Math.max(most.spool, (stat?.blocks ?? 0) * 512),
      memory: Math.max(most.memory, process.memoryUsage().rss - before),
    };
  }, 5);
  const result = await jobs.wait(handle).finally(() => clearInterval(timer));
  expect(result).toMatchObject({ status: 'completed', stderr: 'err\n' });
  const { stdout } = result.output as { stdout: string };
  expect(stdout).toMatch(/^\[… \d+ bytes before this are not kept\]\nx+\ndone\n$/);
  expect(stdout.length).toBeLessThan(66_000);
  expect(most.spool).toBeGreaterThan(1_000_000);
  // The budget of unread output, what is given back at a time, and what is taken ahead.
  expect(most.spool).toBeLessThan(250 * mb);
  expect(most.memory).toBeLessThan(120 * mb);
  // What was printed is not kept twice.
  const record = readFileSync(join(stateDir, 'runs', handle.id, 'run.jsonl'));
  expect(record.length).toBeLessThan(200_000);
});

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { launcherLocal } from '@project-runner/launcher-local';
import { describe, expect, it } from 'vitest';

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

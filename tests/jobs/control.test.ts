import { execFile } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

import { createJobs } from '@project-runner/jobs';
import type { JobHandle, Jobs } from '@project-runner/jobs';
import { isProcessAlive } from '@project-runner/launcher-local';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { spawnJobsCaller } from '../support/spawn-jobs-caller.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { nodeJob, shellJob, testJobs } from '../support/test-jobs.ts';

/** A tree of three, one of which has left session and group; it tells its pids in a file. */
function treeJob(file: string): readonly string[] {
  return shellJob(
    `sleep 30 & echo $! >> ${file}; setsid sleep 30 & echo $! >> ${file}; echo $$ >> ${file}; sleep 30; wait`,
  );
}

/** Of this process. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

function pidsIn(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

describe('a run in the background', () => {
  it('has a handle of plain data, a state, and a result for whoever waits', async () => {
    const { jobs, stateDir } = testJobs();
    const gate = join(tempFolder(), 'gate');
    const code = `echo '{"progress":0.5,"step":"half"}' >> "$PROJECT_RUNNER_RESULT"
      while [ ! -d ${gate} ]; do sleep 0.02; done; echo '"through"'`;
    const context = await jobs.createContext({ name: 'gated', command: shellJob(code) });
    const handle = await jobs.executeBackground(context);
    expect(JSON.parse(JSON.stringify(handle))).toEqual(handle);
    const state = await eventually(
      () => jobs.status(handle),
      ({ progress }) => progress !== null,
    );
    expect(state).toMatchObject({
      id: handle.id,
      name: 'gated',
      status: 'running',
      attempt: 1,
      progress: { progress: 0.5, step: 'half' },
    });
    expect(isProcessAlive(state.pid ?? 0)).toBe(true);
    expect(await jobs.list({ context, status: 'running' })).toHaveLength(1);

    const other = createJobs({ stateDir, keeper: false });
    const told: unknown[] = [];
    const waits = [jobs.wait(handle), other.wait(handle, { onProgress: (progress) => told.push(progress) })];
    await expect(other.wait(handle, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/);
    mkdirSync(gate);
    const [mine, theirs] = await Promise.all(waits);
    expect(mine).toMatchObject({ status: 'completed', output: 'through' });
    expect(theirs).toEqual(mine);
    expect(told).toEqual([{ progress: 0.5, step: 'half' }]);
    expect(await other.status(handle)).toMatchObject({ status: 'completed', pid: null, attempt: 1 });
    await other.close();
  });

  it('is not there any more once it was destroyed, with its process', async () => {
    const { jobs } = testJobs({ graceMs: 1000 });
    const file = join(tempFolder(), 'pids');
    const context = await jobs.createContext({ command: treeJob(file) });
    const other = await jobs.createContext({ command: 'true' });
    await jobs.execute(other);
    const handle = await jobs.executeBackground(context);
    await eventually(
      () => pidsIn(file),
      (pids) => pids.length === 3,
    );
    await jobs.destroy(context);
    expect(pidsIn(file).filter(isProcessAlive)).toEqual([]);
    for (const ask of [jobs.status, jobs.wait, jobs.cancel]) {
      await expect(ask(handle)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    }
    expect(await jobs.list()).toHaveLength(1);
    await jobs.destroy(handle);
  });

  it('can be destroyed where no result can be made of what it left', async () => {
    const { jobs, stateDir } = testJobs();
    const handle = await jobs.executeBackground(await jobs.createContext({ command: 'sleep 30' }));
    const { pid } = await eventually(
      () => jobs.status(handle),
      (state) => state.pid !== null,
    );
    mkdirSync(join(stateDir, 'runs', handle.id, 'tail-1.stdout'));
    await jobs.close();
    const other = createJobs({ stateDir, keeper: false });
    await expect(other.wait(handle)).rejects.toThrow(/EISDIR/);
    await other.destroy(handle);
    expect(isProcessAlive(pid ?? 0)).toBe(false);
    expect(await other.list()).toEqual([]);
    await other.close();
  });

  it('is named by what may be the name of a folder only', async () => {
    const { jobs } = testJobs();
    await expect(jobs.wait({ kind: 'local', id: '../../etc' })).rejects.toMatchObject({
      code: 'JOB_NOT_FOUND',
    });
    await expect(jobs.wait({ kind: 'cloud', id: 'x' })).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });
});

describe('cancel', () => {
  it('ends the whole tree within 2 s, and once is as good as twice', async () => {
    const { jobs } = testJobs();
    const file = join(tempFolder(), 'pids');
    const handle = await jobs.executeBackground(await jobs.createContext({ command: treeJob(file) }));
    const pids = await eventually(
      () => pidsIn(file),
      (found) => found.length === 3,
    );
    const startedAt = performance.now();
    const [first, second] = await Promise.all([jobs.cancel(handle), jobs.cancel(handle)]);
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(pids.filter(isProcessAlive)).toEqual([]);
    expect(first).toMatchObject({ status: 'cancelled', error: { code: 'JOB_CANCELLED' } });
    expect(second).toEqual(first);
    expect(await jobs.cancel(handle)).toEqual(first);
  });

  it.runIf(process.platform === 'linux')('and close do not wait for digests of large files', async () => {
    const { jobs, stateDir } = testJobs();
    const code =
      'truncate -s 1G "$PROJECT_RUNNER_OUTPUT_DIR/a"; truncate -s 1G "$PROJECT_RUNNER_OUTPUT_DIR/b"';
    const context = await jobs.createContext({ command: shellJob(code) });
    const begin = async (): Promise<JobHandle> => {
      const handle = await jobs.executeBackground(context);
      // It is read by now.
      await eventually(
        () => openFiles().includes(join(stateDir, 'runs', handle.id, 'output-1', 'a')),
        (isOpen) => isOpen,
      );
      return handle;
    };
    const first = await begin();
    const result = await jobs.cancel(first);
    expect(result).toMatchObject({ status: 'completed' });
    expect(result.artifacts).toMatchObject([{ size: 1024 ** 3, sha256: null }, { sha256: null }]);
    const second = await begin();
    const startedAt = performance.now();
    await jobs.close();
    expect(performance.now() - startedAt).toBeLessThan(1000);
    const other = createJobs({ stateDir, keeper: false });
    const waiting = other.wait(second);
    expect((await other.cancel(second)).status).toBe('completed');
    expect(await waiting).toMatchObject({ status: 'completed' });
    await other.close();
  });

  it('works from another process', async () => {
    const { jobs, stateDir } = testJobs();
    const file = join(tempFolder(), 'pids');
    const handle = await jobs.executeBackground(await jobs.createContext({ command: treeJob(file) }));
    const pids = await eventually(
      () => pidsIn(file),
      (found) => found.length === 3,
    );
    const other = createJobs({ stateDir, keeper: false });
    const startedAt = performance.now();
    expect(await other.cancel(handle)).toMatchObject({ status: 'cancelled' });
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(pids.filter(isProcessAlive)).toEqual([]);
    await other.close();
  });

  it('from another process gives it the grace of its owner, and one SIGTERM', async () => {
    const { jobs, stateDir } = testJobs({ graceMs: 10_000 });
    const trace = join(tempFolder(), 'trace');
    const code = `const { appendFileSync } = require('node:fs');
      process.on('SIGTERM', () => {
        appendFileSync(${JSON.stringify(trace)}, '15\\n');
        setTimeout(() => process.exit(7), 2000);
      });
      setInterval(() => {}, 1000);
      appendFileSync(process.env.PROJECT_RUNNER_RESULT, '{"progress":0}\\n');`;
    const handle = await jobs.executeBackground(await jobs.createContext({ command: nodeJob(code) }));
    await eventually(
      () => jobs.status(handle),
      ({ progress }) => progress !== null,
    );
    const other = createJobs({ stateDir, keeper: false, graceMs: 0 });
    expect(await other.cancel(handle)).toMatchObject({ status: 'cancelled', error: { exitCode: 7 } });
    expect(pidsIn(trace)).toEqual([15]);
    await other.close();
  });

  it('keeps one that waits for its turn from being started', async () => {
    const { jobs } = testJobs({ concurrency: 1 });
    const trace = join(tempFolder(), 'trace');
    const first = await jobs.executeBackground(await jobs.createContext({ command: 'sleep 30' }));
    const second = await jobs.executeBackground(await jobs.createContext({ command: ['touch', trace] }));
    expect(await jobs.status(second)).toMatchObject({ status: 'pending', attempt: 0, elapsedMs: 0 });
    expect(await jobs.cancel(second)).toMatchObject({
      status: 'cancelled',
      startedAt: null,
      outputDir: null,
    });
    await jobs.cancel(first);
    expect(pidsIn(trace)).toEqual([]);
  });

  it('ends one between two attempts', async () => {
    const { jobs } = testJobs();
    const handle = await jobs.executeBackground(await jobs.createContext({ command: 'false', retries: 100 }));
    await eventually(
      () => jobs.status(handle),
      ({ attempt }) => attempt >= 3,
    );
    const result = await jobs.cancel(handle);
    expect(result).toMatchObject({ status: 'cancelled', error: { code: 'JOB_CANCELLED' } });
    expect(result.metrics.retries).toBeGreaterThanOrEqual(2);
  });

  it('changes nothing of what has ended', async () => {
    const { jobs, run } = testJobs();
    const result = await run({ command: 'echo 1' });
    expect(await jobs.cancel({ kind: 'local', id: result.id })).toEqual(result);
  });

  it('comes by a signal, too, also one that was there before', async () => {
    const { run } = testJobs();
    const controller = new AbortController();
    const running = run({ command: 'sleep 30' }, { signal: controller.signal });
    controller.abort();
    expect(await running).toMatchObject({ status: 'cancelled' });
    expect(await run({ command: 'sleep 30' }, { signal: AbortSignal.abort() })).toMatchObject({
      status: 'cancelled',
    });
  });

  it('kills what does not want to end', async () => {
    const { jobs } = testJobs({ graceMs: 200 });
    const code = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);
      require('node:fs').writeFileSync(process.env.PROJECT_RUNNER_RESULT, '{"progress":0}\\n')`;
    const handle = await jobs.executeBackground(await jobs.createContext({ command: nodeJob(code) }));
    const { pid } = await eventually(
      () => jobs.status(handle),
      ({ progress }) => progress !== null,
    );
    const result = await jobs.cancel(handle);
    expect(result).toMatchObject({ status: 'cancelled', error: { signal: 'SIGKILL' } });
    expect(result.metrics.wallMs).toBeGreaterThanOrEqual(200);
    expect(isProcessAlive(pid ?? 0)).toBe(false);
  });
});

describe('the time limit', () => {
  it('ends the whole tree', async () => {
    const { run } = testJobs();
    const file = join(tempFolder(), 'pids');
    const result = await run({ command: treeJob(file), limits: { timeSeconds: 0.7 }, retries: 3 });
    expect(result).toMatchObject({
      status: 'timed-out',
      error: { code: 'JOB_TIMEOUT' },
      limits: { timeSeconds: { value: 0.7, by: ['deadline'] } },
      metrics: { retries: 0 },
    });
    expect(result.metrics.wallMs).toBeGreaterThan(650);
    expect(pidsIn(file)).toHaveLength(3);
    expect(pidsIn(file).filter(isProcessAlive)).toEqual([]);
  });

  it('counts all attempts together', async () => {
    const { run } = testJobs();
    const startedAt = performance.now();
    const result = await run({ command: 'false', limits: { timeSeconds: 1 }, retries: 100 });
    expect(result).toMatchObject({ status: 'timed-out' });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

describe('the key of a run', () => {
  it('makes the same run of two that come at once, in whatever process, and of one that comes later', async () => {
    const { jobs, stateDir } = testJobs();
    const others = [1, 2].map(() => createJobs({ stateDir, keeper: false }));
    const trace = join(tempFolder(), 'trace');
    const spec = { name: 'once', command: shellJob(`echo 1 >> ${trace}; sleep 0.2; echo '"done"'`) };
    const run = async (via: typeof jobs, key: string) => via.execute(await via.createContext(spec), { key });
    const results = await Promise.all([jobs, ...others, jobs].map((via) => run(via, 'order-7')));
    expect(new Set(results.map(({ id }) => id)).size).toBe(1);
    expect(results.every(({ output }) => output === 'done')).toBe(true);
    expect(await run(jobs, 'order-7')).toEqual(results[0]);
    expect(pidsIn(trace)).toEqual([1]);
    expect((await run(jobs, 'order-8')).id).not.toBe(results[0]?.id);
    const named = await jobs.createContext({ ...spec, name: 'other' });
    expect((await jobs.execute(named, { key: 'order-7' })).id).not.toBe(results[0]?.id);
    expect(pidsIn(trace)).toEqual([1, 1, 1]);
    for (const other of others) await other.close();
  });

  it('makes one run of what eight processes ask for in the same moment', async () => {
    const stateDir = join(tempFolder(), 'jobs');
    testJobs({ stateDir });
    const [trace, gate] = [join(tempFolder(), 'trace'), join(tempFolder(), 'gate')];
    const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
    const spec = { name: 'raced', command: shellJob(`echo "$KEY" >> ${trace}; echo "\\"$KEY\\""`) };
    // That of the first one is above 64 KiB: then it is in a file of its own.
    const runs = keys.map((key, index) => ({
      key,
      env: { KEY: key },
      input: 'x'.repeat(index === 0 ? 70_000 : 1),
    }));
    const callers = Array.from({ length: 8 }, () =>
      spawnJobsCaller({ options: { stateDir, keeper: false }, spec, runs, gate }),
    );
    await Promise.all(callers.map(({ ready }) => ready));
    writeFileSync(gate, '');
    await Promise.all(callers.map(({ exited }) => exited));
    const told = callers.map(({ said }) =>
      said.flatMap(({ result }) => result ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    expect(told[0]?.map(({ status, output }) => [status, output]).toSorted()).toEqual(
      keys.map((key) => ['completed', key]).toSorted(),
    );
    for (const results of told) expect(results).toEqual(told[0]);
    expect(readFileSync(trace, 'utf8').trim().split('\n').toSorted()).toEqual(keys.toSorted());
    // What the seven others brought is not left beside it.
    await eventually(
      () => readdirSync(join(stateDir, 'runs'), { recursive: true, encoding: 'utf8' }),
      (names) => !names.some((name) => basename(name).startsWith('input')),
    );
  });

  it('is another run in another state folder, that a cancel of the first one leaves alone', async () => {
    const all = [testJobs(), testJobs()];
    const handles = await Promise.all(
      all.map(async ({ jobs }) =>
        jobs.executeBackground(await jobs.createContext({ command: 'sleep 30' }), { key: 'k' }),
      ),
    );
    const pids = await Promise.all(
      all.map(async ({ jobs }, index) => {
        const state = await eventually(
          () => jobs.status(handles[index] as JobHandle),
          ({ pid }) => pid !== null,
        );
        return state.pid ?? 0;
      }),
    );
    expect(await all[0]?.jobs.cancel(handles[0] as JobHandle)).toMatchObject({ status: 'cancelled' });
    expect(pids.map(isProcessAlive)).toEqual([false, true]);
    expect(await all[1]?.jobs.status(handles[1] as JobHandle)).toMatchObject({ status: 'running' });
  });

  it('is free again when its run was destroyed', async () => {
    const { jobs } = testJobs();
    const trace = join(tempFolder(), 'trace');
    const context = await jobs.createContext({ command: shellJob(`echo 1 >> ${trace}`) });
    const first = await jobs.execute(context, { key: 'k' });
    await jobs.destroy({ kind: 'local', id: first.id });
    await jobs.execute(context, { key: 'k' });
    expect(pidsIn(trace)).toEqual([1, 1]);
  });
});

it('keeps so many finished runs', async () => {
  const { jobs, run } = testJobs({ retention: { runs: 3 } });
  for (let count = 0; count < 6; count += 1) await run({ command: `echo ${count}` });
  const kept = await eventually(
    () => jobs.list(),
    (list) => list.length === 3,
  );
  const results = await Promise.all(kept.map(({ id }) => jobs.wait({ kind: 'local', id })));
  expect(results.map(({ output }) => output)).toEqual([3, 4, 5]);
});

it('keeps so many, too, where each process runs one and leaves, and a run that cannot be swept is no hindrance', async () => {
  const { jobs, stateDir } = testJobs();
  const runs = join(stateDir, 'runs');
  const ids: string[] = [];
  for (let count = 0; count < 4; count += 1) {
    const once = createJobs({ stateDir, keeper: false, retention: { runs: 2 } });
    ids.push((await once.execute(await once.createContext({ command: 'true' }))).id);
    await once.close();
    if (count === 0) mkdirSync(join(runs, 'odd', 'run.jsonl'), { recursive: true });
    utimesSync(join(runs, 'odd', 'run.jsonl'), 1, 1);
  }
  expect(readdirSync(runs).toSorted()).toEqual(['odd', ...ids.slice(-2)].toSorted());
  rmdirSync(join(runs, 'odd', 'run.jsonl'));
  await jobs.close();
});

it('keeps finished runs for so many days, and others for as long as they take', async () => {
  const { jobs, stateDir } = testJobs({ retention: { days: 2 } });
  const context = await jobs.createContext({ command: 'true' });
  const [old, young] = [await jobs.execute(context), await jobs.execute(context)];
  const long = await jobs.executeBackground(await jobs.createContext({ command: 'sleep 60' }));
  await eventually(
    () => jobs.status(long),
    ({ status }) => status === 'running',
  );
  await jobs.close();
  const age = (id: string, days: number): void => {
    const at = new Date(Date.now() - days * 86_400_000);
    utimesSync(join(stateDir, 'runs', id, 'run.jsonl'), at, at);
  };
  age(old.id, 2.01);
  age(young.id, 1.99);
  age(long.id, 365);
  // Nothing was ever finished in it: somebody was killed as he made it.
  mkdirSync(join(stateDir, 'runs', 'half'));
  utimesSync(join(stateDir, 'runs', 'half'), 1, 1);
  const swept = join(stateDir, 'swept');
  const sweep = async (): Promise<string[]> => {
    const next = createJobs({ stateDir, keeper: false, retention: { days: 2 } });
    const { id } = await next.execute(await next.createContext({ command: 'true' }));
    await next.close();
    return readdirSync(join(stateDir, 'runs')).filter((name) => name !== id);
  };
  // It was looked within the hour.
  utimesSync(swept, new Date(), new Date());
  expect((await sweep()).toSorted()).toEqual(expect.arrayContaining([old.id, young.id, long.id, 'half']));
  const hourAgo = new Date(Date.now() - 3_601_000);
  utimesSync(swept, hourAgo, hourAgo);
  const kept = await sweep();
  expect(kept).toEqual(expect.arrayContaining([young.id, long.id]));
  expect(kept).not.toContain(old.id);
  expect(kept).not.toContain('half');
  expect(await jobsIn(stateDir, (other) => other.status(long))).toMatchObject({ status: 'running' });
});

async function jobsIn<T>(stateDir: string, action: (jobs: Jobs) => Promise<T>): Promise<T> {
  const other = createJobs({ stateDir, keeper: false });
  try {
    return await action(other);
  } finally {
    await other.close();
  }
}

it('refuses whoever comes after close', async () => {
  const { jobs } = testJobs();
  const context = await jobs.createContext({ command: 'true' });
  await jobs.close();
  await expect(jobs.execute(context)).rejects.toMatchObject({ code: 'RUNNER_CLOSED' });
});

it('lets whoever waits know when it is closed, and the run go on', async () => {
  const { jobs, stateDir } = testJobs();
  const owner = createJobs({ stateDir, keeper: false });
  const context = await jobs.createContext({ command: ['sleep', '30'] });
  const mine = await jobs.executeBackground(context);
  const theirs = await owner.executeBackground(context);
  const told: unknown[] = [];
  const waits = Promise.allSettled([
    jobs.execute(context, { onProgress: (progress) => told.push(progress) }),
    jobs.wait(mine),
    jobs.wait(theirs, { signal: new AbortController().signal }),
  ]);
  await jobs.close();
  const closed = { status: 'rejected', reason: { code: 'RUNNER_CLOSED' } };
  expect(await waits).toMatchObject([closed, closed, closed]);
  await expect(jobs.wait(theirs)).rejects.toMatchObject({ code: 'RUNNER_CLOSED' });
  await eventually(
    () => owner.status(theirs),
    ({ status }) => status === 'running',
  );
  expect(await owner.cancel(mine)).toMatchObject({ status: 'cancelled' });
  await owner.close();
});

it('keeps no process alive once it is closed, whoever waits', async () => {
  const { stateDir } = testJobs();
  const code = `import { createJobs } from '@project-runner/jobs';
    const jobs = createJobs({ stateDir: process.argv[1], keeper: false });
    const context = await jobs.createContext({ command: 'sleep 30' });
    const { id, kind } = await jobs.executeBackground(context);
    const other = createJobs({ stateDir: process.argv[1], keeper: false });
    const handle = { id, kind };
    const waits = [jobs.execute(context), jobs.wait(handle), other.wait(handle), other.cancel(handle)];
    const ended = Promise.allSettled(waits);
    setTimeout(async () => {
      await Promise.all([jobs.close(), other.close()]);
      console.log((await ended).map(({ reason }) => reason?.code).join());
    }, 0);`;
  const args = ['--input-type=module', '-e', code, stateDir];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: import.meta.dirname,
    timeout: 20_000,
  });
  expect(stdout).toBe(`${Array(4).fill('RUNNER_CLOSED').join()}\n`);
});

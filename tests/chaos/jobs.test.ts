import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createJobs } from '@project-runner/jobs';
import type { Jobs } from '@project-runner/jobs';
import { isProcessAlive } from '@project-runner/launcher-local';
import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { createRandom } from '../support/random.ts';
import { spawnJobsCaller } from '../support/spawn-jobs-caller.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { shellJob, testJobs } from '../support/test-jobs.ts';
import { isLong } from './long.ts';

const rounds = isLong ? 100 : 20;

function linesIn(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** When a caller is killed: soon after it asks, once jobs run, once one has ended, and at any time. */
const moments = ['asked', 'started', 'ended', 'any', 'any'] as const;

function recordsIn(stateDir: string): string[] {
  const dir = join(stateDir, 'runs');
  const files = existsSync(dir) ? readdirSync(dir).map((id) => join(dir, id, 'run.jsonl')) : [];
  return files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
}

function isResult(record: string): boolean {
  return record.includes('"result":{');
}

/** Answers in what states the runs were found. */
async function killCaller(round: number, chance: number): Promise<string[]> {
  const keys = ['a', 'b', 'c'];
  const dir = tempFolder();
  const stateDir = join(dir, 'state');
  const [trace, gate] = [join(dir, 'trace'), join(dir, 'gate')];
  const code = `echo "$KEY" >> ${trace}; echo '{"progress":0.5}' >> "$PROJECT_RUNNER_RESULT"
    echo "words of $KEY" >&2; printf %s "$KEY" > "$PROJECT_RUNNER_OUTPUT_DIR/file"
    while [ -d ${dir} ] && [ ! -e ${gate} ]; do sleep 0.02; done; sleep 0.1
    echo "{\\"key\\":\\"$KEY\\"}" >> "$PROJECT_RUNNER_RESULT"`;
  const spec = { name: 'chaos', command: shellJob(code) };
  const runs = keys.map((key) => ({ key, env: { KEY: key } }));
  // With a keeper in every other round; without one, whoever asks takes over.
  const options = { stateDir, concurrency: 2, keeper: round % 2 === 0 };
  const caller = spawnJobsCaller({ options, spec, runs, background: round % 4 > 1 });
  await caller.ready;
  const moment = moments[Math.floor(round / 4) % moments.length];
  if (moment !== 'started') writeFileSync(gate, '');
  if (moment === 'started') await caller.until(() => linesIn(trace).length === options.concurrency);
  else if (moment === 'ended') await caller.until(() => recordsIn(stateDir).some(isResult));
  else await delay(chance * (moment === 'asked' ? 40 : 300));
  caller.signal('SIGKILL');
  await caller.exited;

  const { jobs } = testJobs({ stateDir, concurrency: 2 });
  const before = await jobs.list();
  writeFileSync(gate, '');
  const waited = await Promise.all(before.map(({ id }) => jobs.wait({ kind: 'local', id })));
  // Who comes again with the same keys gets the same runs.
  const context = await jobs.createContext(spec);
  const results = await Promise.all(runs.map((run) => jobs.execute(context, run)));
  for (const result of waited) expect(results).toContainEqual(result);
  expect(results.map(({ status, output, stderr }) => ({ status, output, stderr }))).toEqual(
    keys.map((key) => ({ status: 'completed', output: { key }, stderr: `words of ${key}\n` })),
  );
  expect(results.map(({ artifacts }) => artifacts.map(({ path, size }) => ({ path, size })))).toEqual(
    keys.map(() => [{ path: 'file', size: 1 }]),
  );
  expect(linesIn(trace).toSorted()).toEqual(keys);
  expect((await jobs.list()).map(({ status }) => status)).toEqual(keys.map(() => 'completed'));
  await jobs.close();
  return before.map(({ status }) => status);
}

describe('SIGKILL of the caller', () => {
  it(`in every stage, ${rounds} times: each run is made once, and its result is there`, async () => {
    const random = createRandom();
    const chances = Array.from({ length: rounds }, () => random()).entries();
    const stages = new Set<string>();
    const lane = async (): Promise<void> => {
      for (const [round, chance] of chances) {
        for (const status of await killCaller(round, chance)) stages.add(status);
      }
    };
    await Promise.all([lane(), lane(), lane()]);
    expect([...stages].toSorted()).toEqual(['completed', 'pending', 'running']);
  });

  it('leaves the deadline, the queue and the retries to a keeper', async () => {
    const dir = tempFolder();
    const stateDir = join(dir, 'state');
    const { jobs } = testJobs({ stateDir });
    const options = { stateDir, concurrency: 1 };
    const trace = join(dir, 'trace');
    const code = `echo $$ >> ${trace}; [ "$KEY" = slow ] && exec sleep 60; [ "$(wc -l < ${trace})" -gt 2 ]`;
    const caller = spawnJobsCaller({
      options,
      spec: { command: shellJob(code), limits: { timeSeconds: 3 }, retries: 1 },
      runs: [{ env: { KEY: 'slow' } }, { env: { KEY: 'quick' } }],
      background: true,
    });
    await eventually(
      () => linesIn(trace).length,
      (count) => count > 0,
    );
    caller.signal('SIGKILL');
    await caller.exited;
    // Nobody waits for them.
    await eventually(
      () => recordsIn(stateDir),
      (records) => records.length === 2 && records.every(isResult),
      30_000,
    );
    const states = await jobs.list();
    expect(states.map(({ status }) => status).toSorted()).toEqual(['completed', 'timed-out']);
    expect(linesIn(trace)).toHaveLength(3);
    expect(linesIn(trace).map(Number).filter(isProcessAlive)).toEqual([]);
  });

  it('while a run is cancelled leaves it cancelled', async () => {
    const stateDir = join(tempFolder(), 'state');
    const { jobs } = testJobs({ stateDir, graceMs: 300 });
    const code = `trap '' TERM; while :; do sleep 0.05; done`;
    const caller = spawnJobsCaller({
      options: { stateDir, keeper: false, graceMs: 3000 },
      spec: { command: shellJob(code) },
      runs: [{}],
    });
    const [running] = await eventually(
      () => jobs.list(),
      (list) => list[0]?.status === 'running',
    );
    const handle = { kind: 'local', id: running?.id ?? '' };
    const cancelled = jobs.cancel(handle);
    await eventually(
      () => existsSync(join(stateDir, 'runs', handle.id, 'stop.cancelled')),
      (isTold) => isTold,
    );
    caller.signal('SIGKILL');
    expect(await cancelled).toMatchObject({ status: 'cancelled', error: { code: 'JOB_CANCELLED' } });
    expect(isProcessAlive(running?.pid ?? 0)).toBe(false);
  });
});

it('a result that may not be on the disk is made again, the same, where its caller was killed before it knew', async () => {
  const stateDir = join(tempFolder(), 'state');
  const code = `echo '{"a":1}'; echo words >&2; printf x > "$PROJECT_RUNNER_OUTPUT_DIR/file"; exit 0`;
  const caller = spawnJobsCaller({
    options: { stateDir, keeper: false },
    spec: { command: shellJob(code) },
    runs: [{}],
  });
  await caller.exited;
  const told = caller.said.flatMap(({ result }) => result ?? []);
  const file = join(stateDir, 'runs', told[0]?.id ?? '', 'run.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\n$/, ' '));
  const { jobs } = testJobs({ stateDir });
  expect(await jobs.status({ kind: 'local', id: told[0]?.id ?? '' })).toMatchObject({ status: 'completed' });
  expect(await jobs.wait({ kind: 'local', id: told[0]?.id ?? '' })).toEqual(told[0]);
  expect(readFileSync(file, 'utf8').endsWith('}\n')).toBe(true);
});

it('a suspended caller keeps nobody from ending its run', async () => {
  const stateDir = join(tempFolder(), 'state');
  const { jobs } = testJobs({ stateDir });
  const caller = spawnJobsCaller({
    options: { stateDir, keeper: false },
    spec: { command: 'sleep 60' },
    runs: [{}],
  });
  const [running] = await eventually(
    () => jobs.list(),
    (list) => list[0]?.status === 'running',
  );
  caller.signal('SIGSTOP');
  const cancelled = jobs.cancel({ kind: 'local', id: running?.id ?? '' });
  await eventually(
    () => isProcessAlive(running?.pid ?? 0),
    (isAlive) => !isAlive,
    2000,
  );
  // Never running for a process that is gone.
  const state = await jobs.status({ kind: 'local', id: running?.id ?? '' });
  expect(state).toMatchObject({ status: 'pending', pid: null });
  caller.signal('SIGCONT');
  expect(await cancelled).toMatchObject({ status: 'cancelled' });
});

describe('a machine that was started anew', () => {
  /** Makes a run one of an earlier boot, whose processes are gone. */
  async function reboot(jobs: Jobs, stateDir: string): Promise<void> {
    await jobs.close();
    for (const id of readdirSync(join(stateDir, 'runs'))) {
      const file = join(stateDir, 'runs', id, 'run.jsonl');
      const text = readFileSync(file, 'utf8');
      const anew = text.replace(/"bootId":"[^"]*"/, '"bootId":"00000000-0000-0000-0000-000000000000"');
      expect(anew).not.toBe(text);
      writeFileSync(file, anew);
    }
  }

  it.runIf(process.platform === 'linux')(
    'has lost what ran and what waited, and keeps what had ended',
    async () => {
      const stateDir = join(tempFolder(), 'state');
      const { jobs, run } = testJobs({ stateDir, concurrency: 1 });
      const done = await run({ command: 'echo 1' });
      const context = await jobs.createContext({ name: 'long', command: 'sleep 60', retries: 3 });
      const running = await jobs.executeBackground(context);
      const { pid } = await eventually(
        () => jobs.status(running),
        ({ status }) => status === 'running',
      );
      const waiting = await jobs.executeBackground(context);
      await reboot(jobs, stateDir);
      onTestFinished(() => void (isProcessAlive(pid ?? 0) && process.kill(pid ?? 0)));

      const next = createJobs({ stateDir, keeper: false });
      expect((await next.list()).map(({ status }) => status)).not.toContain('running');
      for (const handle of [running, waiting]) {
        const result = await next.wait(handle);
        expect(result).toMatchObject({ status: 'failed', error: { code: 'JOB_LOST' } });
        expect(await next.status(handle)).toMatchObject({ status: 'failed', pid: null });
      }
      expect(await next.wait({ kind: 'local', id: done.id })).toEqual(done);
      await next.close();
    },
  );
});

// Only root may mount the small file system that fills up for real.
const mayMount = process.platform === 'linux' && process.getuid?.() === 0;

describe.skipIf(!mayMount)('a disk that is full (needs root on Linux for a small tmpfs)', () => {
  function smallVolume(megabytes: number): string {
    const dir = tempFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'none', dir]);
    onTestFinished(() => void execFileSync('umount', ['-l', dir]));
    return dir;
  }
  function fill(file: string): void {
    try {
      for (const size of [1_000_000, 1000]) for (;;) appendFileSync(file, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      try {
        for (;;) appendFileSync(file, Buffer.alloc(100));
      } catch (last) {
        if ((last as NodeJS.ErrnoException).code !== 'ENOSPC') throw last;
      }
    }
  }

  it('while the result is written: whoever asks gets it, and it is kept when there is space', async () => {
    const volume = smallVolume(8);
    const gate = join(tempFolder(), 'gate');
    const { jobs } = testJobs({ stateDir: volume });
    const code = `echo '{"ok":true}'; until [ -e ${gate} ]; do sleep 0.02; done; exit 0`;
    const handle = await jobs.executeBackground(await jobs.createContext({ command: shellJob(code) }));
    await eventually(
      () => jobs.status(handle),
      ({ status }) => status === 'running',
    );
    const ballast = join(volume, 'ballast');
    fill(ballast);
    writeFileSync(gate, '');
    const result = await jobs.wait(handle);
    expect(result).toMatchObject({ status: 'completed', output: { ok: true } });
    expect(await jobs.status(handle)).toMatchObject({ status: 'completed' });

    const other = createJobs({ stateDir: volume, keeper: false });
    await expect(other.execute(await other.createContext({ command: 'true' }))).rejects.toMatchObject({
      code: 'STATE_UNWRITABLE',
    });
    writeFileSync(ballast, '');
    expect(await other.wait(handle)).toMatchObject({ status: 'completed', output: { ok: true } });
    expect(readFileSync(join(volume, 'runs', handle.id, 'run.jsonl'), 'utf8')).toContain('"completed"');
    await other.close();
  });

  it('under the result of a job: what was cut off is no result', async () => {
    const volume = smallVolume(4);
    const { run } = testJobs({ stateDir: volume });
    const code = `(printf '{"data":"'; head -c 8000000 /dev/zero | tr '\\0' x; printf '"}') > "$PROJECT_RUNNER_RESULT" 2> /dev/null
      rm -f "$PROJECT_RUNNER_OUTPUT_DIR"/*; true`;
    const result = await run({ command: shellJob(code) });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'JOB_OUTPUT_INVALID', exitCode: 0 } });
    expect(result.error?.hint).toMatch(/full disk/);
  });
});

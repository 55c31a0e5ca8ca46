import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Jobs } from '@project-runner/jobs';
import { isProcessAlive } from '@project-runner/launcher-local';
import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { keepersOf } from '../support/keepers-of.ts';
import type { FoundKeeper } from '../support/keepers-of.ts';
import { spawnJobsCaller } from '../support/spawn-jobs-caller.ts';
import type { JobsCaller } from '../support/spawn-jobs-caller.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { shellJob, testJobs } from '../support/test-jobs.ts';

interface Orphans {
  stateDir: string;
  gate: string;
  caller: JobsCaller;
  /** Another process's, of which keepers come. */
  jobs: Jobs;
  /** Of the first run. */
  pid: number;
}

/** Two runs of a caller that looks after one at a time: the first waits for its gate, the second for its turn. */
async function orphans(timeSeconds: number): Promise<Orphans> {
  const dir = tempFolder();
  const stateDir = join(dir, 'state');
  const [trace, gate] = [join(dir, 'trace'), join(dir, 'gate')];
  const code = `echo $$ >> ${trace}; while [ -d ${dir} ] && [ ! -e ${gate} ]; do sleep 0.02; done; echo '"through"'`;
  const { jobs } = testJobs({ stateDir, keeper: true });
  onTestFinished(() => killAll(stateDir));
  const caller = spawnJobsCaller({
    options: { stateDir, concurrency: 1 },
    spec: { command: shellJob(code), limits: { timeSeconds } },
    runs: [{}, {}],
  });
  await eventually(
    () => existsSync(trace) && readFileSync(trace, 'utf8').endsWith('\n'),
    (isStarted) => isStarted,
  );
  return { stateDir, gate, caller, jobs, pid: Number(readFileSync(trace, 'utf8')) };
}

/** Resolves when they are gone: until then they hold what they hold. */
async function killAll(stateDir: string): Promise<void> {
  const pids = keepersOf(stateDir).map(({ pid }) => pid);
  for (const pid of pids) if (isProcessAlive(pid)) process.kill(pid, 'SIGKILL');
  await eventually(
    () => pids.filter(isProcessAlive),
    (living) => living.length === 0,
  );
}

async function keeperThat(stateDir: string, is: FoundKeeper['is']): Promise<void> {
  await eventually(
    () => keepersOf(stateDir).map((keeper) => keeper.is),
    (found) => found.includes(is),
  );
}

/** Whoever looks after a run that was taken over has its lease. */
function isTakenOver(stateDir: string): boolean {
  const runs = join(stateDir, 'runs');
  return readdirSync(runs).some((id) =>
    readdirSync(join(runs, id)).some((name) => name.startsWith('owner.')),
  );
}

function results(stateDir: string): number {
  const runs = join(stateDir, 'runs');
  const records = readdirSync(runs).map((id) => readFileSync(join(runs, id, 'run.jsonl'), 'utf8'));
  return records.filter((record) => record.includes('"result":{') && record.endsWith('\n')).length;
}

/** Each leaves runs that nobody looks after, and no keeper. */
const stages: Record<string, (found: Orphans) => Promise<void>> = {
  async 'while it waited for the end of its caller'({ stateDir, caller }) {
    await keeperThat(stateDir, 'sh');
    await killAll(stateDir);
    caller.signal('SIGKILL');
    await caller.exited;
  },
  async 'as it began'({ stateDir, caller }) {
    await keeperThat(stateDir, 'sh');
    caller.signal('SIGKILL');
    await keeperThat(stateDir, 'node');
    await killAll(stateDir);
  },
  async 'when it had taken them over, and so was its successor'({ stateDir, caller, jobs }) {
    await keeperThat(stateDir, 'sh');
    caller.signal('SIGKILL');
    const takenOver = (): boolean => isTakenOver(stateDir);
    await eventually(takenOver, (isTaken) => isTaken);
    await killAll(stateDir);
    await jobs.list();
    await keeperThat(stateDir, 'node');
    await killAll(stateDir);
    // The next one comes after a pause, or through another process.
    await eventually(
      async () => {
        await jobs.list();
        return keepersOf(stateDir).length;
      },
      (count) => count > 0,
    );
    await killAll(stateDir);
  },
};

describe.runIf(process.platform === 'linux')('SIGKILL of the keeper', () => {
  it.each(Object.keys(stages))(
    '%s: the run goes on and is told so, and who asks for its state brings another one',
    async (stage) => {
      const found = await orphans(8);
      const { stateDir, jobs, pid } = found;
      await stages[stage]?.(found);
      expect(isProcessAlive(pid)).toBe(true);
      // Whoever asks is told the truth; there is nobody who waits.
      const asked = testJobs({ stateDir, keeper: true }).jobs;
      const states = await asked.list();
      expect(states[0]).toMatchObject({ status: 'running', pid });
      // Some keeper may have begun it.
      expect(states[1]).toMatchObject(
        states[1]?.pid === null ? { status: 'pending', attempt: 0 } : { status: 'running', attempt: 1 },
      );
      await eventually(
        () => results(stateDir),
        (count) => count === 2,
        60_000,
      );
      expect((await jobs.list()).map(({ status }) => status)).toEqual(['timed-out', 'timed-out']);
      expect(isProcessAlive(pid)).toBe(false);
      // It leaves when it is done.
      await eventually(
        () => keepersOf(stateDir).filter(({ is }) => is === 'node'),
        (left) => left.length === 0,
      );
    },
  );

  it('while many ask for the state of its runs brings one other, not one for each', async () => {
    const found = await orphans(600);
    const { stateDir, gate } = found;
    await stages['while it waited for the end of its caller']?.(found);
    const begun = new Set<number>();
    const note = (): void => keepersOf(stateDir).forEach(({ pid, is }) => is === 'node' && begun.add(pid));
    const asking = Array.from({ length: 6 }, () => testJobs({ stateDir, keeper: true }).jobs.list());
    await Promise.all(asking);
    await eventually(
      () => {
        note();
        return isTakenOver(stateDir);
      },
      (isTaken) => isTaken,
    );
    note();
    expect([...begun]).toHaveLength(1);
    writeFileSync(gate, '');
    await eventually(
      () => results(stateDir),
      (count) => count === 2,
    );
  });

  it('SIGSTOP leaves its runs to be cancelled, and SIGKILL after that to the next one', async () => {
    const { stateDir, jobs, caller, pid } = await orphans(600);
    await keeperThat(stateDir, 'sh');
    caller.signal('SIGKILL');
    await eventually(
      () => isTakenOver(stateDir),
      (isTaken) => isTaken,
    );
    const keeper = keepersOf(stateDir).find(({ is }) => is === 'node');
    process.kill(keeper?.pid ?? 0, 'SIGSTOP');
    const [first] = await jobs.list();
    expect(first).toMatchObject({ status: 'running', pid });
    const cancelled = jobs.cancel({ kind: 'local', id: first?.id ?? '' });
    await eventually(
      () => isProcessAlive(pid),
      (isAlive) => !isAlive,
    );
    expect(keepersOf(stateDir).filter(({ is }) => is === 'node')).toEqual([keeper]);
    process.kill(keeper?.pid ?? 0, 'SIGKILL');
    expect(await cancelled).toMatchObject({ status: 'cancelled' });
  });

  it('and the end of the run after that: who asks for its state has the result', async () => {
    const { stateDir, caller, gate, pid } = await orphans(600);
    await keeperThat(stateDir, 'sh');
    caller.signal('SIGKILL');
    await eventually(
      () => isTakenOver(stateDir),
      (isTaken) => isTaken,
    );
    await killAll(stateDir);
    writeFileSync(gate, '');
    await eventually(
      () => isProcessAlive(pid),
      (isAlive) => !isAlive,
    );
    const { jobs } = testJobs({ stateDir });
    const [first, second] = await jobs.list();
    expect(first).toMatchObject({ status: 'completed', pid: null });
    expect(await jobs.wait({ kind: 'local', id: first?.id ?? '' })).toMatchObject({ output: 'through' });
    expect(second?.status).not.toBe('running');
    expect(await jobs.wait({ kind: 'local', id: second?.id ?? '' })).toMatchObject({ output: 'through' });
  });

  it('who waits takes over himself, and leaves a keeper behind when he is killed, too', async () => {
    const { stateDir, caller, pid } = await orphans(8);
    await stages['while it waited for the end of its caller']?.({ stateDir, caller } as Orphans);
    const [first] = await testJobs({ stateDir }).jobs.list();
    const waiter = spawnJobsCaller({
      options: { stateDir },
      spec: { command: 'true' },
      runs: [],
      waitFor: { kind: 'local', id: first?.id ?? '' },
    });
    await keeperThat(stateDir, 'sh');
    waiter.signal('SIGKILL');
    await eventually(
      () => results(stateDir),
      (count) => count === 2,
      30_000,
    );
    expect(isProcessAlive(pid)).toBe(false);
  });
});

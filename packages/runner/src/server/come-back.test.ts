import { EventEmitter } from 'node:events';

import type { ProcessExit, RestartPolicy, RunnerEvents } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { comeBack } from './come-back.ts';
import type { ComeBackOptions, ComeBackOutcome, EndedRun } from './come-back.ts';
import { KeptState } from './kept-state.ts';
import { defaultRestartPolicy } from './restart-policy.ts';
import { RestartSchedule } from './restart-schedule.ts';
import type { StateStore } from './state-store.ts';
import { storedServer } from './stored-server.test-support.ts';
import type { SupervisionContext } from './supervision-context.ts';

const crash: ProcessExit = { code: 1, signal: null };
const ended: EndedRun = { exit: crash, readyForMs: 5, reason: 'it crashed', isFinal: false };

interface Attempt {
  outcome: Promise<ComeBackOutcome>;
  delays: number[];
  kept: KeptState;
  starts(): number;
  abort(): void;
}

/** Starts fail as often as `failures` says. */
function attempt(
  run: Partial<EndedRun> = {},
  {
    failures = 0,
    policy = {},
    ...changes
  }: Partial<ComeBackOptions> & { failures?: number; policy?: Partial<RestartPolicy> } = {},
  stopWanted = false,
): Attempt {
  const events = new EventEmitter<RunnerEvents>();
  const delays: number[] = [];
  events.on('restarting', ({ delayMs }) => delays.push(delayMs));
  const store = { isStopWanted: () => stopWanted, write() {} } as Partial<StateStore> as StateStore;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const context = {
    store,
    durable: true,
    logger,
    events,
  } as Partial<SupervisionContext> as SupervisionContext;
  const kept = new KeptState(storedServer(), context);
  const stop = new AbortController();
  let starts = 0;
  const outcome = comeBack(
    { ...ended, ...run },
    {
      context,
      kept,
      schedule: new RestartSchedule({ ...defaultRestartPolicy, initialDelayMs: 1, jitter: 0, ...policy }),
      mayRestart: true,
      signal: stop.signal,
      start: () => {
        starts += 1;
        return starts > failures ? Promise.resolve() : Promise.reject(new Error(`failure ${starts}`));
      },
      ...changes,
    },
  );
  return { outcome, delays, kept, starts: () => starts, abort: () => stop.abort() };
}

describe('comeBack', () => {
  it('starts a server at once that was ready', async () => {
    const { outcome, delays, kept, starts } = attempt();
    expect(await outcome).toBe('running');
    expect([delays, starts(), kept.stored.restarts]).toEqual([[0], 1, 1]);
  });

  it('tries again, with longer pauses, while the start fails', async () => {
    const { outcome, delays, kept, starts } = attempt({}, { failures: 4 });
    expect(await outcome).toBe('running');
    expect(delays).toEqual([0, 1, 2, 4, 8]);
    expect(starts()).toBe(5);
    expect(kept.stored).toMatchObject({ restarts: 5, lastError: 'failure 4', state: 'backoff' });
  });

  it('gives up in the words of the last failure and of the policy', async () => {
    const { outcome, starts } = attempt({}, { failures: 99, policy: { maxRestarts: 3 } });
    expect(await outcome).toEqual({ crashed: 'failure 3; it was started again 3 times within 300 s' });
    expect(starts()).toBe(3);
  });

  it('starts nothing that ended well, or that is not to be started again', async () => {
    const well = attempt({ exit: { code: 0, signal: null } });
    expect(await well.outcome).toBe('stopped');
    const never = attempt({}, { policy: { policy: 'never' } });
    expect(await never.outcome).toEqual({ crashed: 'it crashed; it is not to be started again' });
    expect(well.starts() + never.starts()).toBe(0);
  });

  it('starts nothing whose variables went with an earlier runner', async () => {
    const { outcome, starts } = attempt({}, { mayRestart: false });
    expect(await outcome).toEqual({
      crashed: 'it crashed; its variables are not known any more, so it must be deployed again',
    });
    expect(starts()).toBe(0);
  });

  it('gives up at once what was ended for good', async () => {
    const { outcome, starts } = attempt({ isFinal: true, reason: 'it was killed' });
    expect(await outcome).toEqual({ crashed: 'it was killed' });
    expect(starts()).toBe(0);
  });

  it('heeds the stop that another runner wants', async () => {
    const { outcome, starts } = attempt({}, {}, true);
    expect(await outcome).toBe('stopped');
    expect(starts()).toBe(0);
  });

  it('ends at once when it is cancelled during the pause', async () => {
    const { outcome, abort, kept, starts } = attempt(
      { readyForMs: null },
      { policy: { initialDelayMs: 1_000_000, maxDelayMs: 1_000_000 } },
    );
    const { nextStartAt } = kept.status(null);
    expect(nextStartAt?.getTime()).toBeGreaterThan(Date.now() + 900_000);
    abort();
    expect(await outcome).toBe('cancelled');
    expect(starts()).toBe(0);
  });

  it('is cancelled, and not failed, when the start was ended', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { outcome, abort } = attempt(
      {},
      {
        start: () => {
          begun.resolve();
          return gate.promise;
        },
      },
    );
    await begun.promise;
    abort();
    gate.reject(new Error('stopped'));
    expect(await outcome).toBe('cancelled');
  });
});

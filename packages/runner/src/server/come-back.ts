import { setTimeout as delay } from 'node:timers/promises';

import type { ProcessExit } from '@project-runner/core';

import type { KeptState } from './kept-state.ts';
import type { RestartAnswer } from './restart-policy.ts';
import type { RestartSchedule } from './restart-schedule.ts';
import type { SupervisionContext } from './supervision-context.ts';

/** A run that is over, and what it says about the next one. */
export interface EndedRun {
  /** `null`: it was ended because it was not well, or never came so far as to exit. */
  exit: ProcessExit | null;
  /** `null`: it never was ready. */
  readyForMs: number | null;
  reason: string;
  /** Whatever the policy says, it is not started again. */
  isFinal: boolean;
}

export interface ComeBackOptions {
  context: SupervisionContext;
  kept: KeptState;
  schedule: RestartSchedule;
  /** Its variables are known. */
  mayRestart: boolean;
  /** Aborts when somebody wants it to end. */
  signal: AbortSignal;
  /** Rejects when it does not become ready. */
  start(): Promise<void>;
}

/** `cancelled`: somebody else ends it. */
export type ComeBackOutcome = 'running' | 'stopped' | 'cancelled' | { crashed: string };

/** Starts a server that ended again and again, as its policy says, until it runs or is given up. */
export async function comeBack(ended: EndedRun, options: ComeBackOptions): Promise<ComeBackOutcome> {
  const { kept, schedule, signal } = options;
  let { exit, readyForMs, reason } = ended;
  for (;;) {
    if (signal.aborted) return 'cancelled';
    if (ended.isFinal) return { crashed: reason };
    if (isStopWanted(options)) return 'stopped';
    const answer = decide(exit, readyForMs, options);
    if (answer.action === 'stop') return 'stopped';
    if (answer.action === 'crash') return { crashed: `${reason}; ${answer.reason}` };
    if (!(await backOff(answer.delayMs, reason, options))) return 'cancelled';
    if (isStopWanted(options)) return 'stopped';
    schedule.restarted();
    try {
      await options.start();
      return 'running';
    } catch (error) {
      if (signal.aborted) return 'cancelled';
      reason = error instanceof Error ? error.message : String(error);
      kept.unwell(reason);
      exit = null;
      readyForMs = null;
    }
  }
}

function decide(
  exit: ProcessExit | null,
  readyForMs: number | null,
  { schedule, mayRestart }: ComeBackOptions,
): RestartAnswer {
  if (mayRestart) return schedule.decide(exit, readyForMs);
  return { action: 'crash', reason: 'its variables are not known any more, so it must be deployed again' };
}

/** Another runner was asked for its end. */
function isStopWanted({ context: { store, durable }, kept }: ComeBackOptions): boolean {
  return durable && store.isStopWanted(kept.server.id);
}

/** Waits for the next start; `false` when somebody ends the server meanwhile. */
async function backOff(delayMs: number, reason: string, { kept, signal }: ComeBackOptions): Promise<boolean> {
  kept.backOff(delayMs, reason);
  if (delayMs === 0) return !signal.aborted;
  try {
    await delay(delayMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

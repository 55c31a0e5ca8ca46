import type { ProcessExit, RestartPolicy } from '@project-runner/core';

export const defaultRestartPolicy: Readonly<RestartPolicy> = {
  policy: 'on-failure',
  initialDelayMs: 1000,
  maxDelayMs: 60_000,
  jitter: 0.2,
  stableMs: 60_000,
  maxRestarts: 10,
  windowMs: 300_000,
};

export interface RestartQuestion {
  policy: Readonly<RestartPolicy>;
  /** `null`: it never came so far as to exit (its port was taken, it was not healthy in time). */
  exit: ProcessExit | null;
  /** How long it was ready, in ms; `null`: it never was in this run. */
  readyForMs: number | null;
  /** Starts in a row that did not last, this one not counted. */
  failures: number;
  /** When it was started again, in ms since 1970. */
  restartedAt: readonly number[];
  now: number;
  /** From 0 to 1. */
  random: number;
}

export type RestartAnswer =
  | { action: 'restart'; delayMs: number; failures: number }
  | { action: 'stop' }
  | { action: 'crash'; reason: string };

/** The field's rules (systemd, Kubernetes): exponential back-off with jitter, a limit of starts in a window. */
export function decideRestart(question: RestartQuestion): RestartAnswer {
  const { policy, exit, readyForMs, now } = question;
  if (policy.policy !== 'always' && exit !== null && isClean(exit)) return { action: 'stop' };
  if (policy.policy === 'never') return { action: 'crash', reason: 'it is not to be started again' };
  const recent = question.restartedAt.filter((time) => now - time < policy.windowMs).length;
  if (recent >= policy.maxRestarts) {
    return {
      action: 'crash',
      reason: `it was started again ${recent === 1 ? 'once' : `${recent} times`} within ${Math.round(policy.windowMs / 1000)} s`,
    };
  }
  const failures = readyForMs !== null && readyForMs >= policy.stableMs ? 0 : question.failures;
  // A server that served is wanted back at once; one that falls over again at once waits.
  if (failures === 0 && readyForMs !== null) return { action: 'restart', delayMs: 0, failures: 1 };
  return {
    action: 'restart',
    delayMs: restartPause(policy, failures, question.random),
    failures: Math.max(1, failures) + 1,
  };
}

/** The pause in ms after so many starts in a row that did not last. @param random from 0 to 1 */
export function restartPause(
  { initialDelayMs, maxDelayMs, jitter }: Readonly<RestartPolicy>,
  failures: number,
  random: number = Math.random(),
): number {
  // Doubled more often than this it would be infinite, and 0 times that is no number.
  const doublings = Math.min(Math.max(0, failures - 1), 40);
  const pause = Math.min(initialDelayMs * 2 ** doublings, maxDelayMs);
  return Math.round(pause * (1 + jitter * random));
}

function isClean({ code, signal }: ProcessExit): boolean {
  return code === 0 || code === 143 || signal === 'SIGTERM';
}

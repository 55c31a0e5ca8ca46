import { startedAt } from '../store/attempts.ts';
import type { RunRecord } from '../store/run-record.ts';
import type { RunFiles, StopReason } from '../store/run-files.ts';
import { forgetStopFailure } from '../store/stop-failure.ts';
import { enforceLimits } from './enforce-limits.ts';
import type { EndedAttempt } from './finish-attempt.ts';
import { runningPid } from './is-running.ts';
import type { Attempt } from './start-attempt.ts';
import { stopUntilGone } from './stop-until-gone.ts';
import { watchUsage } from './watch-usage.ts';

export interface EndAttemptOptions {
  attempt: Attempt;
  /** This process has just started it; else it was taken over. */
  isNew: boolean;
  record: RunRecord;
  files: RunFiles;
  graceMs: number;
  stop(reason: StopReason): void;
  /** Aborts when the run is to be stopped. */
  stopping: AbortController;
  /** Aborts when this process is to let go of it. */
  leaving: AbortController;
}

/**
 * Keeps an attempt within its limits until all of its tree is gone, however long that takes.
 * @throws the reason of `leaving`, the attempt being let go of
 */
export async function endAttempt(options: EndAttemptOptions): Promise<EndedAttempt> {
  const { attempt, record, files, graceMs, stop, stopping, leaving, isNew } = options;
  const { handle, number } = attempt;
  const { limits } = record.spec;
  // Of an earlier owner; what survives now is told again.
  forgetStopFailure(files);
  const isAttended = isNew || runningPid(record, files, number) !== null;
  const stopAll = (): Promise<void> => stopUntilGone({ handle, files, graceMs, leaving: leaving.signal });
  const inForce = enforceLimits({ record, files, number, handle, isAttended });
  // Asked for when the process has ended; until then nobody would hear of a failure but the whole host.
  inForce.catch(() => undefined);
  const watched = handle.enforced?.memoryBytes === undefined ? limits.memoryBytes : undefined;
  const usage = watchUsage(handle, watched, () => stop('memory'));
  const deadline = startDeadline(limits.timeSeconds, startedAt(files, 1), () => stop('timed-out'));
  const left = whenAborted(leaving.signal);
  const stopped = whenAborted(stopping.signal);
  try {
    await Promise.race([handle.exited, stopped.promise, left.promise]);
    if (handle.exit() === null && !leaving.signal.aborted) {
      await Promise.race([stopAll(), left.promise]);
    }
    await Promise.race([handle.exited, left.promise]);
    leaving.signal.throwIfAborted();
    // One-shot work has no background: what outlives its first process was forgotten.
    if (handle.leftBehind?.() ?? true) await Promise.race([stopAll(), left.promise]);
    leaving.signal.throwIfAborted();
    await handle.closed;
    const account = handle.account?.() ?? { endedAt: Date.now(), cpuMs: null, peakMemoryBytes: null };
    return {
      attempt,
      exit: await handle.exited,
      inForce: await inForce,
      account: { ...account, peakMemoryBytes: account.peakMemoryBytes ?? usage.peakMemoryBytes() },
    };
  } finally {
    if (leaving.signal.aborted) handle.detach?.();
    deadline.close();
    usage.close();
    left.close();
    stopped.close();
  }
}

/** A clock that was set may be wrong by then; what counts is what was promised, from the first start on. */
function startDeadline(
  seconds: number | undefined,
  begun: number | null,
  onOver: () => void,
): { close(): void } {
  if (seconds === undefined) return { close: () => undefined };
  const end = (begun ?? Date.now()) + seconds * 1000;
  const timer = setTimeout(onOver, Math.max(end - Date.now(), 0));
  timer.unref();
  return { close: () => clearTimeout(timer) };
}

function whenAborted(signal: AbortSignal): { promise: Promise<void>; close(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const abort = (): void => resolve();
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', abort, { once: true });
  return { promise, close: () => signal.removeEventListener('abort', abort) };
}

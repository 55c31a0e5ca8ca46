/** The longest delay of a Node timer; a longer one fires at once. */
const maxTimeoutMs = 2 ** 31 - 1;

/** @throws TypeError for what no timer can wait for */
export function checkTimeout(probe: string, timeoutMs: number): void {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= maxTimeoutMs) return;
  throw new TypeError(
    `${probe}: timeoutMs must be a whole number of ms from 1 to ${maxTimeoutMs}, found ${timeoutMs}`,
  );
}

/** Calls `end` once, at the deadline or when the signal aborts, with what there was not; `stop` when neither matters any more. */
export function deadline(
  signal: AbortSignal,
  timeoutMs: number,
  end: (missing: string) => void,
): { stop(): void } {
  const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
  const abort = (): void => end('no answer in time');
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return {
    // The signal may be that of many probes: nothing of this one stays with it.
    stop() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

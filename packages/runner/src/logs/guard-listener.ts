import type { LogEntry } from '@project-runner/core';

/** Gets each line of a server's log. */
export type LogListener = (entry: LogEntry) => void;

/** A listener that throws, or answers a promise that rejects, is told of once: it would do so for every line. */
export function guardListener(
  listener: (entry: LogEntry) => unknown,
  onError: (error: unknown) => void,
): LogListener {
  let told = false;
  const fail = (error: unknown): void => {
    if (!told) onError(error);
    told = true;
  };
  return (entry) => {
    try {
      const result = listener(entry) as PromiseLike<unknown> | undefined;
      if (typeof result?.then === 'function') result.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  };
}

import { join } from 'node:path';

import type { LogStreamName } from '@project-runner/core';

export type StopReason = 'cancelled' | 'timed-out' | 'memory';

/** Where things of a run are. Attempts are counted from 1; one that was given up before it started counts, too. */
export interface RunFiles {
  readonly dir: string;
  readonly record: string;
  /** Input that is too large for a variable. */
  input(name: string): string;
  /** Was let go of by its creator. */
  readonly released: string;
  /** Is there when the run is to be stopped for this reason: an empty file can be made on a full disk, too. */
  stop(reason: StopReason): string;
  /** Made by whoever looks after it, when it has begun to stop it: it is given its grace. */
  readonly stopping: string;
  /** Why it could not be stopped so far; gone when it could. */
  readonly stopFailed: string;
  /** What the launcher keeps of an attempt. */
  launch(attempt: number): string;
  /** Made by the launcher right before the program starts, or by who makes sure that it does not start any more. */
  claim(attempt: number): string;
  /** What was done to its process for its limits, where that was anything. */
  limits(attempt: number): string;
  /** The result channel. */
  result(attempt: number): string;
  output(attempt: number): string;
  home(attempt: number): string;
  /** The last of a stream of which more was given back. */
  tail(attempt: number, stream: LogStreamName): string;
}

export function runFiles(dir: string): RunFiles {
  return {
    dir,
    record: join(dir, 'run.jsonl'),
    input: (name) => join(dir, name),
    released: join(dir, 'released'),
    stop: (reason) => join(dir, `stop.${reason}`),
    stopping: join(dir, 'stopping'),
    stopFailed: join(dir, 'stop-failed.json'),
    launch: (attempt) => join(dir, `launch-${attempt}`),
    claim: (attempt) => join(dir, `started-${attempt}`),
    limits: (attempt) => join(dir, `limits-${attempt}`),
    result: (attempt) => join(dir, `result-${attempt}`),
    output: (attempt) => join(dir, `output-${attempt}`),
    home: (attempt) => join(dir, `home-${attempt}`),
    tail: (attempt, stream) => join(dir, `tail-${attempt}.${stream}`),
  };
}

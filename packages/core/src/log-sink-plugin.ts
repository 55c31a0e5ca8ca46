import type { LogBatch, LogStreamName } from './log-batch.ts';

/** Whose log it is. */
export interface LogSession {
  readonly serverId: string;
  readonly deploymentId: string;
  readonly projectId: string;
  readonly buildId: string;
}

export interface LogQuery {
  /** Only the last so many of what the other fields leave. */
  tail?: number;
  /** Not before. */
  since?: Date;
  /** Not after. */
  until?: Date;
  stream?: LogStreamName;
  /** Only lines with a smaller number: the cursor of a page. A number that is not kept gives nothing. */
  before?: number;
}

export interface LogEntry {
  /** The line's number: unique and rising for one server. */
  readonly sequence: number;
  readonly time: Date;
  readonly stream: LogStreamName;
  readonly text: string;
  readonly partial?: boolean;
}

/** The runner calls `write` one at a time, in order, and `close` once, after the last. */
export interface LogWriter {
  write(batch: LogBatch): void | Promise<void>;
  close(): void | Promise<void>;
  /**
   * Number of the last line that would survive the runner's death, 0 for none. Asked after `open` (lines up to it are not
   * written again, so that a runner that takes over a log doubles none) and from time to time (the runner keeps what is
   * after it). Without this method a line counts as kept when its `write` has settled.
   */
  position?(): number;
}

/** Takes the logs of servers. */
export interface LogSinkPlugin {
  readonly kind: 'log-sink';
  readonly name: string;
  readonly apiVersion: 1;
  /** Queued for it, of one server, before lines are dropped; the slower a sink may be for a while, the more. @default 8388608 */
  readonly maxQueueBytes?: number;
  open(session: LogSession): LogWriter | Promise<LogWriter>;
  /** Makes the sink queryable; oldest first. Must work while the log is written, after `close`, and for a session it never saw (nothing). */
  read?(session: LogSession, query: LogQuery): readonly LogEntry[] | Promise<readonly LogEntry[]>;
}

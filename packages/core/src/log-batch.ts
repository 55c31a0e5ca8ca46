export type LogStreamName = 'stdout' | 'stderr';

/** One line without its line ending. `partial`: the line was longer than the limit and goes on in the next. */
export interface LogLine {
  readonly text: string;
  readonly partial?: boolean;
}

/**
 * Whole lines of one stream that arrived together. `bytes` for sinks that never decode (scanning bytes is five to
 * ten times cheaper than a string a line), `lines()` for everyone else.
 */
export interface LogBatch {
  readonly stream: LogStreamName;
  /** When the batch was read. */
  readonly time: Date;
  /** The lines as UTF-8, or whatever the server wrote, each ended by `\n`. Valid until `write` settles. */
  readonly bytes: Uint8Array;
  /** Number of lines in `bytes`. */
  readonly count: number;
  /** Number of the first line; lines of a server are numbered from 1 over both streams, without gaps. */
  readonly sequence: number;
  /** The last line of `bytes` goes on in a later batch of the same stream. */
  readonly partial?: boolean;
  /** Said by the runner, of lines that are missing: it is no line of the server. */
  readonly notice?: boolean;
  lines(): Iterable<LogLine>;
}

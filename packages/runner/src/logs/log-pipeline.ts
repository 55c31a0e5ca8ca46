import { pluginKey } from '@project-runner/core';
import type { LogBatch, LogEntry, Logger, LogQuery, LogSession, LogSinkPlugin } from '@project-runner/core';

import { batchEntries } from './batch-entries.ts';
import type { ChunkLease } from './chunk-memory.ts';
import { createCommitter } from './committer.ts';
import type { LogListener } from './guard-listener.ts';
import { createLogBatch } from './log-batch.ts';
import type { JournalRecord, JournalState, LogJournal } from './log-journal.ts';
import { readSinks } from './read-sinks.ts';
import { replayLines } from './replay-lines.ts';
import type { ReadOutput } from './replay-lines.ts';
import { createRunReceiver } from './run-receiver.ts';
import type { RunReceiver } from './run-receiver.ts';
import type { SecretMask } from './secret-mask.ts';
import { createSinkQueue } from './sink-queue.ts';

export interface LogPipelineOptions {
  session: LogSession;
  sinks: readonly LogSinkPlugin[];
  logger: Logger;
  /** Makes delivery outlive the runner. */
  journal?: LogJournal;
  /** What an earlier runner's journal says. */
  resume?: JournalState;
  /** Applied before anybody sees a line. */
  mask?: SecretMask;
  /** Whom to tell each line; asked for every batch, and while there are none no line is decoded. They must not throw. */
  listeners?(): readonly LogListener[];
  onLoss?(sink: string, lines: number): void;
  /** Queued for one sink that does not say it itself, before lines are dropped. @default 8388608 */
  maxQueueBytes?: number;
}

/** One server's way from chunks of output to sinks and listeners. */
export interface LogPipeline {
  /** Takes the output of a run of the server, from 1; the run before it has ended. */
  receive(run: number): RunReceiver;
  /** Delivers what an earlier runner may not have; output is held back until then where there is a `resume`. */
  replay(read: ReadOutput): void;
  /**
   * Flushes and closes the sinks, within 5 s. Output that comes after it is ignored. What is not delivered then is lost,
   * unless the server is `left` to the next runner, which delivers it.
   */
  end(how?: 'left'): Promise<void>;
  /** Asks the sinks in order; see `readSinks`. */
  read(query: LogQuery): Promise<readonly LogEntry[]>;
  /** The last lines as text. */
  tail(count: number): Promise<string[]>;
  /** Lines that never reached a sink, by the sink's key. */
  losses(): Record<string, number>;
}

/** Where lines are numbered, written down and handed out. */
export interface LineDispatcher {
  /** Lines that were cut from output; the number is given here. `lease`: of the memory that they are in. */
  dispatch(record: Omit<JournalRecord, 'sequence' | 'time'>, bytes: Uint8Array, lease?: ChunkLease): void;
  /** Lines that were numbered by an earlier runner. */
  redeliver(record: JournalRecord, bytes: Uint8Array): void;
  /** Numbered lines that cannot be delivered any more. */
  lose(count: number, last: number, why: string): void;
  /** Resolves when there is room for more, `null` while there is. */
  room(): Promise<unknown> | null;
}

const closeDeadlineMs = 5000;

export function createLogPipeline(options: LogPipelineOptions): LogPipeline {
  const { session, sinks, logger, journal, resume } = options;
  const queues = sinks.map((sink) =>
    createSinkQueue({
      sink,
      session,
      logger,
      maxBytes: sink.maxQueueBytes ?? options.maxQueueBytes ?? 8 * 1024 * 1024,
      after: resume?.committed ?? 0,
      onLoss: (lines) => options.onLoss?.(pluginKey(sink), lines),
    }),
  );
  const committer = createCommitter({
    logger,
    ...(journal ? { journal } : {}),
    kept: () => queues.reduce((least, queue) => Math.min(least, queue.kept()), sequence - 1),
    next: () => sequence,
  });
  const newest = resume?.records.at(-1);
  let sequence = newest ? newest.sequence + newest.count : (resume?.committed ?? 0) + 1;
  let ended: Promise<void> | null = null;
  const replayed = Promise.withResolvers<void>();
  if (!resume) replayed.resolve();

  const handOut = (record: JournalRecord, bytes: Uint8Array, lease?: ChunkLease): void => {
    const { stream, count } = record;
    const batch = createLogBatch({
      stream,
      time: new Date(record.time),
      bytes,
      count,
      sequence: record.sequence,
      partial: record.kind === 'part',
      ...(record.kind === 'dropped' ? { notice: true } : {}),
    });
    for (const queue of queues) queue.push(batch, lease);
    tell(batch);
    committer.delivered(record);
  };

  const tell = (batch: LogBatch): void => {
    const listeners = options.listeners?.() ?? [];
    if (listeners.length === 0) return;
    for (const entry of batchEntries(batch)) {
      for (const listener of listeners) listener(entry);
    }
  };

  const dispatcher: LineDispatcher = {
    dispatch(cut, bytes, lease) {
      const record = { ...cut, sequence, time: Date.now() };
      sequence += cut.count;
      // Before anybody has the lines, so that nobody gets other ones under the same numbers.
      committer.cut(record);
      if (record.count > 0) handOut(record, bytes, lease);
    },
    redeliver: handOut,
    lose: (count, last, why) => queues.forEach((queue) => queue.lose({ count, last }, why)),
    room() {
      const waits = queues.flatMap((queue) => queue.room() ?? []);
      return waits.length > 0 ? Promise.all(waits) : null;
    },
  };

  const read = (query: LogQuery): Promise<readonly LogEntry[]> =>
    readSinks({ sinks, session, logger }, query);

  return {
    receive(run) {
      const receiver = createRunReceiver({
        run,
        dispatcher,
        ready: resume ? replayed.promise : null,
        isEnded: () => ended !== null,
        from: lastEnds(resume, run),
        ...(options.mask ? { mask: options.mask } : {}),
      });
      committer.follow(run, receiver);
      return receiver;
    },
    replay(readOutput) {
      if (resume) replayLines({ state: resume, dispatcher, readOutput, mask: options.mask });
      replayed.resolve();
    },
    end(how) {
      ended ??= (async () => {
        await Promise.all(queues.map((queue) => queue.end(closeDeadlineMs, how === 'left')));
        committer.close();
      })();
      return ended;
    },
    read,
    tail: async (count) => (await read({ tail: count })).map((entry) => entry.text),
    losses: () =>
      Object.fromEntries(sinks.map((sink, index) => [pluginKey(sink), queues[index]?.lost() ?? 0])),
  };
}

/** How far the output of a run was cut into lines. */
function lastEnds(resume: JournalState | undefined, run: number): { stdout: number; stderr: number } {
  const ends = { stdout: 0, stderr: 0 };
  for (const record of resume?.records ?? []) {
    if (record.run === run) ends[record.stream] = Math.max(ends[record.stream], record.end);
  }
  return ends;
}

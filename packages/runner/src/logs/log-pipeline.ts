import { pluginKey } from '@project-runner/core';
import type {
  LogBatch,
  LogEntry,
  Logger,
  LogQuery,
  LogSession,
  LogSinkPlugin,
  LogStreamName,
} from '@project-runner/core';

import { batchEntries } from './batch-entries.ts';
import { createLineSplitter } from './line-splitter.ts';
import { createLogBatch } from './log-batch.ts';
import { readSinks } from './read-sinks.ts';
import { createSinkQueue } from './sink-queue.ts';

export interface LogPipelineOptions {
  session: LogSession;
  sinks: readonly LogSinkPlugin[];
  logger: Logger;
  /** Subscribes from the first line on. */
  onLine?(entry: LogEntry): void;
  /** Number of the first line; more than 1 where an earlier runner began the log. @default 1 */
  firstSequence?: number;
  /** Queued for one sink before lines are dropped. @default 8388608 */
  maxQueueBytes?: number;
}

/** One server's way from chunks of output to sinks and listeners. */
export interface LogPipeline {
  /** The chunk is the pipeline's from then on: sinks that are behind still hold views of it. Ignored after `end`. */
  push(stream: LogStreamName, chunk: Uint8Array): void;
  /** Hands over last lines without a line ending, then flushes and closes the sinks, within 5 s. */
  end(): Promise<void>;
  /** Asks the sinks in order; see `readSinks`. */
  read(query: LogQuery): Promise<readonly LogEntry[]>;
  /** Calls for every line from now on; a listener that throws harms nobody. */
  subscribe(listener: (entry: LogEntry) => void): () => void;
  /** The last lines as text. */
  tail(count: number): Promise<string[]>;
  /** Lines that never reached a sink, by the sink's key. */
  losses(): Record<string, number>;
}

const closeDeadlineMs = 5000;

export function createLogPipeline({
  session,
  sinks,
  logger,
  onLine,
  firstSequence = 1,
  maxQueueBytes = 8 * 1024 * 1024,
}: LogPipelineOptions): LogPipeline {
  const queues = sinks.map((sink) => createSinkQueue({ sink, session, logger, maxBytes: maxQueueBytes }));
  const listeners = new Set<(entry: LogEntry) => void>();
  let sequence = firstSequence;
  let ended: Promise<void> | null = null;

  const tell = (batch: LogBatch): void => {
    for (const entry of listeners.size > 0 ? batchEntries(batch) : []) {
      for (const listener of listeners) {
        try {
          listener(entry);
        } catch (error) {
          logger.warn(`A log listener of server ${session.serverId} threw`, error);
        }
      }
    }
  };

  const splitter = (stream: LogStreamName): ReturnType<typeof createLineSplitter> =>
    createLineSplitter({
      onLines: (bytes, count, partial) => {
        const batch = createLogBatch({ stream, time: new Date(), bytes, count, sequence, partial });
        sequence += count;
        for (const queue of queues) queue.push(batch);
        tell(batch);
      },
    });
  const splitters = { stdout: splitter('stdout'), stderr: splitter('stderr') };

  const read = (query: LogQuery): Promise<readonly LogEntry[]> =>
    readSinks({ sinks, session, logger }, query);

  const subscribe = (listener: (entry: LogEntry) => void): (() => void) => {
    // A function of its own, so that the same listener given twice is called twice and leaves once.
    const own = (entry: LogEntry): void => listener(entry);
    listeners.add(own);
    return () => void listeners.delete(own);
  };
  if (onLine) subscribe(onLine);

  return {
    push(stream, chunk) {
      if (!ended) splitters[stream].push(chunk);
    },
    end() {
      ended ??= (async () => {
        splitters.stdout.end();
        splitters.stderr.end();
        await Promise.all(queues.map((queue) => queue.end(closeDeadlineMs)));
      })();
      return ended;
    },
    read,
    subscribe,
    tail: async (count) => (await read({ tail: count })).map((entry) => entry.text),
    losses: () =>
      Object.fromEntries(sinks.map((sink, index) => [pluginKey(sink), queues[index]?.lost() ?? 0])),
  };
}

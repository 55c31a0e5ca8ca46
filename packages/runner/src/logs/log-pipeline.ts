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
import { createSinkQueue } from './sink-queue.ts';

export interface LogPipelineOptions {
  session: LogSession;
  sinks: readonly LogSinkPlugin[];
  logger: Logger;
  /** Queued for one sink before lines are dropped. @default 8388608 */
  maxQueueBytes?: number;
}

/** One server's way from chunks of output to sinks and listeners. */
export interface LogPipeline {
  push(stream: LogStreamName, chunk: Uint8Array): void;
  /** Hands over last lines without a line ending, then flushes and closes the sinks, within 5 s. */
  end(): Promise<void>;
  /** Asks the first sink that has something to say. */
  read(query: LogQuery): Promise<readonly LogEntry[]>;
  /** Calls for every line from now on; a listener that throws harms nobody. */
  subscribe(listener: (entry: LogEntry) => void): () => void;
  /** The last lines as text. */
  tail(count: number): Promise<string[]>;
  /** Lines that never reached a sink, over all sinks. */
  lost(): number;
}

const closeDeadlineMs = 5000;

export function createLogPipeline({
  session,
  sinks,
  logger,
  maxQueueBytes = 8 * 1024 * 1024,
}: LogPipelineOptions): LogPipeline {
  const queues = sinks.map((sink) => createSinkQueue({ sink, session, logger, maxBytes: maxQueueBytes }));
  const listeners = new Set<(entry: LogEntry) => void>();
  let sequence = 1;
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

  const read = async (query: LogQuery): Promise<readonly LogEntry[]> => {
    for (const sink of sinks) {
      const entries = (await sink.read?.(session, query)) ?? [];
      if (entries.length > 0) return entries;
    }
    return [];
  };

  return {
    push: (stream, chunk) => splitters[stream].push(chunk),
    end() {
      ended ??= (async () => {
        splitters.stdout.end();
        splitters.stderr.end();
        await Promise.all(queues.map((queue) => queue.end(closeDeadlineMs)));
      })();
      return ended;
    },
    read,
    subscribe(listener) {
      // A function of its own, so that the same listener given twice is called twice and leaves once.
      const own = (entry: LogEntry): void => listener(entry);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    tail: async (count) => (await read({ tail: count })).map((entry) => entry.text),
    lost: () => queues.reduce((sum, queue) => sum + queue.lost(), 0),
  };
}

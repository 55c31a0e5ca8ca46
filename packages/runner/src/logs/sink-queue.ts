import { setTimeout as delay } from 'node:timers/promises';

import { callPlugin, pluginKey } from '@project-runner/core';
import type { LogBatch, Logger, LogSession, LogSinkPlugin, LogWriter } from '@project-runner/core';

import { createLogBatch } from './log-batch.ts';

/** Feeds one sink: one write at a time, in order, with a bounded queue, so that a slow sink slows nobody else. */
export interface SinkQueue {
  push(batch: LogBatch): void;
  /** Writes what is queued and closes, within the deadline. */
  end(deadlineMs: number): Promise<void>;
  /** Lines that never reached the sink. */
  lost(): number;
}

export interface SinkQueueOptions {
  sink: LogSinkPlugin;
  session: LogSession;
  logger: Logger;
  maxBytes: number;
}

export function createSinkQueue({ sink, session, logger, maxBytes }: SinkQueueOptions): SinkQueue {
  const queue: LogBatch[] = [];
  let queuedBytes = 0;
  let lost = 0;
  let untold = 0;
  let writer: LogWriter | undefined;
  let pumping: Promise<void> | null = null;

  const lose = (count: number, why: unknown): void => {
    if (untold === 0) logger.warn(`[${pluginKey(sink)}] loses lines of server ${session.serverId}`, why);
    lost += count;
    untold += count;
  };

  const write = async (batch: LogBatch): Promise<void> => {
    writer ??= await callPlugin(sink, 'open', () => sink.open(session));
    const opened = writer;
    if (untold > 0) {
      const notice = lossNotice(untold, batch);
      await callPlugin(sink, 'write', () => opened.write(notice));
      untold = 0;
    }
    await callPlugin(sink, 'write', () => opened.write(batch));
  };

  const pump = async (): Promise<void> => {
    for (let batch = queue.shift(); batch; batch = queue.shift()) {
      try {
        await write(batch);
      } catch (error) {
        lose(batch.count, error);
      }
      queuedBytes -= batch.bytes.length;
    }
    pumping = null;
  };

  const close = async (): Promise<void> => {
    await pumping;
    try {
      await writer?.close();
    } catch (error) {
      logger.warn(`[${pluginKey(sink)}] could not be closed for server ${session.serverId}`, error);
    }
  };

  return {
    push(batch) {
      if (queuedBytes + batch.bytes.length > maxBytes && queue.length > 0) {
        lose(batch.count, 'its queue is full: it is slower than the server prints');
        return;
      }
      queue.push(batch);
      queuedBytes += batch.bytes.length;
      pumping ??= pump();
    },
    async end(deadlineMs) {
      const limit = new AbortController();
      const late = delay(deadlineMs, 'late', { signal: limit.signal }).catch(() => 'on time');
      if ((await Promise.race([close(), late])) === 'late') {
        lose(
          queue.splice(0).reduce((sum, batch) => sum + batch.count, 0),
          'it did not close in time',
        );
      }
      limit.abort();
    },
    lost: () => lost,
  };
}

/** Said in the log itself: it has no number of its own, since no line of the server is meant. */
function lossNotice(count: number, before: LogBatch): LogBatch {
  const bytes = Buffer.from(`[project-runner] ${count} lines lost\n`);
  return createLogBatch({
    stream: 'stderr',
    time: before.time,
    bytes,
    count: 1,
    sequence: before.sequence - 1,
  });
}

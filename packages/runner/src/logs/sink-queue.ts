import { setTimeout as delay } from 'node:timers/promises';

import { callPlugin, pluginKey } from '@project-runner/core';
import type { LogBatch, Logger, LogSession, LogSinkPlugin, LogWriter } from '@project-runner/core';

import { lossNotice, mergeLosses } from './loss-notice.ts';
import type { Loss } from './loss-notice.ts';

/**
 * Feeds one sink: one write at a time, in order, with a bounded queue, so that a slow sink slows nobody else. A sink
 * that answers at once is never waited for.
 */
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

interface Queued {
  batch: LogBatch;
  /** What had to be dropped right before it. */
  after: Loss | null;
}

/** What a batch costs beside its bytes, roughly: many tiny ones must not pass the bound. */
const batchOverhead = 512;

export function createSinkQueue({ sink, session, logger, maxBytes }: SinkQueueOptions): SinkQueue {
  const queue: Queued[] = [];
  let queuedBytes = 0;
  let lost = 0;
  let writer: LogWriter | undefined;
  let pumping: Promise<void> | null = null;
  /** Not yet said in the log: what failed right before the head of the queue, and what was dropped after its tail. */
  let failed: Loss | null = null;
  let dropped: Loss | null = null;

  const lose = (batch: LogBatch, before: Loss | null, why: unknown): Loss => {
    if (!failed && !dropped) {
      logger.warn(`[${pluginKey(sink)}] loses lines of server ${session.serverId}`, why);
    }
    lost += batch.count;
    return mergeLosses(before, { count: batch.count, last: batch.sequence + batch.count - 1 });
  };

  const writeNotice = async (opened: LogWriter, loss: Loss, time: Date): Promise<void> => {
    await callPlugin(sink, 'write', () => opened.write(lossNotice(loss, time)));
    failed = null;
    logger.warn(
      `[${pluginKey(sink)}] works again; ${loss.count} lines of server ${session.serverId} are lost`,
    );
  };

  const writeTo = (opened: LogWriter, batch: LogBatch): void | Promise<void> => {
    writer = opened;
    const put = (): void | Promise<void> => callPlugin(sink, 'write', () => opened.write(batch));
    return failed ? writeNotice(opened, failed, batch.time).then(put) : put();
  };

  /** Never throws or rejects: a failure is a loss. */
  const attempt = ({ batch, after }: Queued): Promise<void> | null => {
    if (after) failed = mergeLosses(failed, after);
    const fail = (error: unknown): void => {
      failed = lose(batch, failed, error);
    };
    try {
      const opened = writer ?? callPlugin(sink, 'open', () => sink.open(session));
      const going = isPromise(opened)
        ? opened.then((ready) => writeTo(ready, batch))
        : writeTo(opened, batch);
      return isPromise(going) ? Promise.resolve(going).catch(fail) : null;
    } catch (error) {
      fail(error);
      return null;
    }
  };

  const pump = async (first: Promise<void>, size: number): Promise<void> => {
    await first;
    queuedBytes -= size;
    for (let next = queue.shift(); next; next = queue.shift()) {
      await attempt(next);
      queuedBytes -= cost(next.batch);
    }
    pumping = null;
  };

  const close = async (): Promise<void> => {
    await pumping;
    const loss = dropped ? mergeLosses(failed, dropped) : failed;
    try {
      if (writer && loss) await writeNotice(writer, loss, new Date());
    } catch (error) {
      logger.warn(`[${pluginKey(sink)}] ${loss?.count} lines of server ${session.serverId} are lost`, error);
    }
    try {
      await writer?.close();
    } catch (error) {
      logger.warn(`[${pluginKey(sink)}] could not be closed for server ${session.serverId}`, error);
    }
  };

  return {
    push(batch) {
      const size = cost(batch);
      if (!pumping) {
        const going = attempt({ batch, after: dropped });
        dropped = null;
        if (!going) return;
        queuedBytes += size;
        pumping = pump(going, size);
      } else if (queuedBytes + size > maxBytes && queue.length > 0) {
        dropped = lose(batch, dropped, 'its queue is full: it is slower than the server prints');
      } else {
        queue.push({ batch, after: dropped });
        dropped = null;
        queuedBytes += size;
      }
    },
    async end(deadlineMs) {
      const limit = new AbortController();
      const late = delay(deadlineMs, 'late', { signal: limit.signal }).catch(() => 'on time');
      if ((await Promise.race([close(), late])) === 'late') {
        logger.warn(`[${pluginKey(sink)}] did not close in time for server ${session.serverId}`);
        for (const { batch } of queue.splice(0)) dropped = lose(batch, dropped, 'it did not close in time');
      }
      limit.abort();
    },
    lost: () => lost,
  };
}

function cost(batch: LogBatch): number {
  return batch.bytes.length + batchOverhead;
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}

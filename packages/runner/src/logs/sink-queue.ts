import { setTimeout as delay } from 'node:timers/promises';

import { callPlugin, pluginKey } from '@project-runner/core';
import type { LogBatch, Logger, LogSession, LogSinkPlugin, LogWriter } from '@project-runner/core';

import { withinMs } from '../within.ts';
import { lastOf, linesAfter } from './log-batch.ts';
import { lossNotice, mergeLosses } from './loss-notice.ts';
import type { Loss } from './loss-notice.ts';

/**
 * Feeds one sink: one write at a time, in order, with a bounded queue, so that a slow sink slows nobody else. A sink
 * that answers at once is never waited for.
 */
export interface SinkQueue {
  push(batch: LogBatch): void;
  /** Lines that can never be delivered. */
  lose(loss: Loss, why: string): void;
  /** Resolves when there is room again, `null` while there is. A sink that does not move is not waited for. */
  room(): Promise<void> | null;
  /** Writes what is queued and closes, within the deadline. */
  end(deadlineMs: number): Promise<void>;
  /** Lines that never reached the sink. */
  lost(): number;
  /** Number of the last line that is not this queue's concern any more: the sink keeps it, or it is lost. */
  kept(): number;
}

export interface SinkQueueOptions {
  sink: LogSinkPlugin;
  session: LogSession;
  logger: Logger;
  maxBytes: number;
  /** Number of the last line that the sink got from an earlier runner; a sink that knows better says so itself. */
  after: number;
  onLoss(lines: number): void;
}

interface Queued {
  batch: LogBatch;
  /** What had to be dropped right before it. */
  after: Loss | null;
}

/** What a batch costs beside its bytes, roughly: many tiny ones must not pass the bound. */
const batchOverhead = 512;
/** How long a sink that is behind may hold up the reader of the output. */
const stallMs = 1000;

export function createSinkQueue(options: SinkQueueOptions): SinkQueue {
  const { sink, session, logger, maxBytes } = options;
  const queue: Queued[] = [];
  let queuedBytes = 0;
  let lost = 0;
  /** Number of the last line that was delivered or lost. */
  let done = options.after;
  let lostThrough = 0;
  let writer: LogWriter | undefined;
  let pumping: Promise<void> | null = null;
  /** Not yet said in the log: what failed right before the head of the queue, and what was dropped after its tail. */
  let failed: Loss | null = null;
  let dropped: Loss | null = null;
  /** Lines that cannot be delivered, told before it was known what the sink has. */
  let unjudged: Loss | null = null;
  /** Too slow to be waited for, until its queue is empty. */
  let behind = false;
  let roomWanted = Promise.withResolvers<void>();

  const countLoss = (loss: Loss, before: Loss | null, why: unknown): Loss => {
    if (!failed && !dropped) {
      logger.warn(`[${pluginKey(sink)}] loses lines of server ${session.serverId}`, why);
    }
    lost += loss.count;
    lostThrough = loss.last;
    options.onLoss(loss.count);
    return mergeLosses(before, loss);
  };
  const loseBatch = (batch: LogBatch, before: Loss | null, why: unknown): Loss =>
    countLoss({ count: batch.count, last: lastOf(batch) }, before, why);

  /** Only a writer that is open knows what it has. */
  const begin = (opened: LogWriter): void => {
    writer = opened;
    done = callPlugin(sink, 'position', () => opened.position?.()) ?? done;
    const loss = unjudged;
    unjudged = null;
    if (!loss || loss.last <= done) return;
    const count = Math.min(loss.count, loss.last - done);
    failed = countLoss({ count, last: loss.last }, failed, 'an earlier runner could not deliver them');
  };

  const writeNotice = async (opened: LogWriter, loss: Loss, time: Date): Promise<void> => {
    await callPlugin(sink, 'write', () => opened.write(lossNotice(loss, time)));
    failed = null;
    logger.warn(
      `[${pluginKey(sink)}] works again; ${loss.count} lines of server ${session.serverId} are lost`,
    );
  };

  const writeTo = (opened: LogWriter, batch: LogBatch): void | Promise<void> => {
    if (!writer) begin(opened);
    const wanted = linesAfter(batch, done);
    if (!wanted) return undefined;
    const put = (): void | Promise<void> => callPlugin(sink, 'write', () => opened.write(wanted));
    return failed ? writeNotice(opened, failed, batch.time).then(put) : put();
  };

  /** Never throws or rejects: a failure is a loss. */
  const attempt = ({ batch, after }: Queued): Promise<void> | null => {
    if (after) failed = mergeLosses(failed, after);
    const settle = (): void => {
      done = Math.max(done, lastOf(batch));
    };
    const fail = (error: unknown): void => {
      failed = loseBatch(batch, failed, error);
      settle();
    };
    try {
      const opened = writer ?? callPlugin(sink, 'open', () => sink.open(session));
      const going = isPromise(opened)
        ? opened.then((ready) => writeTo(ready, batch))
        : writeTo(opened, batch);
      if (isPromise(going)) return Promise.resolve(going).then(settle, fail);
      settle();
      return null;
    } catch (error) {
      fail(error);
      return null;
    }
  };

  const free = (bytes: number): void => {
    queuedBytes -= bytes;
    if (queuedBytes > maxBytes / 2) return;
    if (queuedBytes <= 0) behind = false;
    roomWanted.resolve();
    roomWanted = Promise.withResolvers();
  };

  const pump = async (first: Promise<void>, size: number): Promise<void> => {
    await first;
    free(size);
    for (let next = queue.shift(); next; next = queue.shift()) {
      await attempt(next);
      free(cost(next.batch));
    }
    pumping = null;
  };

  const close = async (): Promise<void> => {
    await pumping;
    try {
      if (unjudged && !writer) begin(await callPlugin(sink, 'open', () => sink.open(session)));
    } catch (error) {
      failed = countLoss(unjudged ?? { count: 0, last: done }, failed, error);
    }
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
        dropped = loseBatch(batch, dropped, 'its queue is full: it is slower than the server prints');
      } else {
        queue.push({ batch, after: dropped });
        dropped = null;
        queuedBytes += size;
      }
    },
    lose(loss, why) {
      if (!writer) {
        unjudged = mergeLosses(unjudged, loss);
        return;
      }
      if (loss.last <= done) return;
      dropped = countLoss({ ...loss, count: Math.min(loss.count, loss.last - done) }, dropped, why);
    },
    room() {
      if (behind || queuedBytes <= maxBytes / 2) return null;
      return withinMs(roomWanted.promise, stallMs, () => {
        behind = true;
      });
    },
    async end(deadlineMs) {
      const limit = new AbortController();
      const late = delay(deadlineMs, 'late', { signal: limit.signal }).catch(() => 'on time');
      if ((await Promise.race([close(), late])) === 'late') {
        logger.warn(`[${pluginKey(sink)}] did not close in time for server ${session.serverId}`);
        for (const { batch } of queue.splice(0)) {
          dropped = loseBatch(batch, dropped, 'it did not close in time');
        }
      }
      limit.abort();
    },
    lost: () => lost,
    kept() {
      const position = writer?.position
        ? callPlugin(sink, 'position', () => writer?.position?.())
        : undefined;
      if (position === undefined) return done;
      const kept = Math.min(position, done);
      // What was dropped at the tail counts when all that waits before it is through.
      return pumping ? kept : Math.max(kept, lostThrough);
    },
  };
}

function cost(batch: LogBatch): number {
  return batch.bytes.length + batchOverhead;
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}

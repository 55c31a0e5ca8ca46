import { setTimeout as delay } from 'node:timers/promises';

import { callPlugin } from '@project-runner/core';
import type { LogBatch, Logger, LogSession, LogSinkPlugin, LogWriter } from '@project-runner/core';

import { lastOf, linesAfter } from './log-batch.ts';
import { isPromise } from '../is-promise.ts';
import type { ChunkLease } from './chunk-memory.ts';
import { createSinkWarning } from './create-sink-warning.ts';
import { createLossLedger } from './loss-ledger.ts';
import { countLines, lossNotice, mergeLosses } from './loss-notice.ts';
import type { Loss } from './loss-notice.ts';
import { createQueueRoom } from './queue-room.ts';

/**
 * Feeds one sink: one write at a time, in order, with a bounded queue, so that a slow sink slows nobody else. A sink
 * that answers at once is never waited for.
 */
export interface SinkQueue {
  /** `lease`: of the memory that the batch is in, held until it was written. */
  push(batch: LogBatch, lease?: ChunkLease): void;
  /** Lines that can never be delivered. */
  lose(loss: Loss, why: string): void;
  /** Resolves when there is room again, `null` while there is. A sink that does not move is not waited for. */
  room(): Promise<void> | null;
  /**
   * Writes what is queued and closes, within the deadline. What is not delivered then is lost, unless it is `left` to the
   * next runner.
   */
  end(deadlineMs: number, left: boolean): Promise<void>;
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
  lease?: ChunkLease | undefined;
  /** What had to be dropped right before it. */
  after: Loss | null;
}

export function createSinkQueue(options: SinkQueueOptions): SinkQueue {
  const { sink, session } = options;
  const queue: Queued[] = [];
  const room = createQueueRoom(options.maxBytes);
  const ledger = createLossLedger();
  /** Number of the last line that was delivered or lost, and of the last one that there is. */
  let done = options.after;
  let newest = options.after;
  /** What the sink said last. */
  let reached = 0;
  let mute = false;
  let writer: LogWriter | undefined;
  let pumping: Promise<void> | null = null;
  /** Not yet said in the log: what failed right before the head of the queue, and what was dropped after its tail. */
  let failed: Loss | null = null;
  let dropped: Loss | null = null;
  /** Lines that cannot be delivered, told before it was known what the sink has. */
  let unjudged: Loss | null = null;
  /** From then on nothing is counted: what was not delivered is lost as a whole, or the next runner's. */
  let over = false;

  const warn = createSinkWarning(options.logger, sink, session);

  const countLoss = (loss: Loss, before: Loss | null, why: unknown): Loss => {
    if (!failed && !dropped) warn('loses lines of', '', why);
    if (!over) {
      ledger.add(loss);
      options.onLoss(loss.count);
    }
    return mergeLosses(before, loss);
  };
  const loseBatch = (batch: LogBatch, before: Loss | null, why: unknown): Loss =>
    countLoss({ count: batch.count, last: lastOf(batch) }, before, why);

  /** Only a writer that is open knows what it has. */
  const begin = (opened: LogWriter): void => {
    writer = opened;
    done = callPlugin(sink, 'position', () => opened.position?.()) ?? done;
    reached = done;
    const loss = unjudged;
    unjudged = null;
    if (!loss || loss.last <= done) return;
    const count = Math.min(loss.count, loss.last - done);
    failed = countLoss({ count, last: loss.last }, failed, 'an earlier runner could not deliver them');
  };

  const writeNotice = async (opened: LogWriter, loss: Loss, time: Date): Promise<void> => {
    await callPlugin(sink, 'write', () => opened.write(lossNotice(loss, time)));
    failed = null;
    warn(`works again, and lost ${countLines(loss.count)} of`);
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

  const pump = async (first: Promise<void>, { batch, lease }: Queued): Promise<void> => {
    await first;
    room.free(cost(batch));
    lease?.release();
    for (let next = queue.shift(); next; next = queue.shift()) {
      await attempt(next);
      room.free(cost(next.batch));
      next.lease?.release();
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
      warn(`lost ${countLines(loss?.count ?? 0)} of`, '', error);
    }
    await writer?.close();
  };

  /** Number of the last line that the sink keeps, `undefined` where it cannot tell. */
  const position = (): number | undefined => {
    if (!writer?.position) return undefined;
    try {
      reached = callPlugin(sink, 'position', () => writer?.position?.()) ?? reached;
    } catch (error) {
      if (!mute) warn('does not tell what it keeps of', '', error);
      mute = true;
    }
    return reached;
  };

  /** A write that is under way may still succeed: its lines count as lost, and only the log's own notice knows better. */
  const giveUp = (what: string, left: boolean, error?: unknown): void => {
    const after = Math.min(position() ?? done, newest);
    const count = left ? 0 : newest - after - ledger.after(after);
    let queued = 0;
    for (const { batch, lease } of queue.splice(0)) {
      queued += batch.count;
      lease?.release();
    }
    warn(`${what} for`, count > 0 ? `, and lost ${countLines(count)}` : '', error);
    over = true;
    if (count <= 0) return;
    if (queued > 0) dropped = mergeLosses(dropped, { count: queued, last: newest });
    ledger.add({ count, last: newest });
    options.onLoss(count);
  };

  return {
    push(batch, lease) {
      newest = Math.max(newest, lastOf(batch));
      const size = cost(batch);
      if (pumping && !room.fits(size) && queue.length > 0) {
        dropped = loseBatch(batch, dropped, 'its queue is full: it is slower than the server prints');
        return;
      }
      const item: Queued = { batch, lease, after: dropped };
      dropped = null;
      if (pumping) queue.push(item);
      else {
        const going = attempt(item);
        if (!going) return;
        pumping = pump(going, item);
      }
      room.take(size);
      lease?.hold();
    },
    lose(loss, why) {
      newest = Math.max(newest, loss.last);
      if (!writer) {
        unjudged = mergeLosses(unjudged, loss);
        return;
      }
      if (loss.last <= done) return;
      dropped = countLoss({ ...loss, count: Math.min(loss.count, loss.last - done) }, dropped, why);
    },
    room: () => room.wait(),
    async end(deadlineMs, left) {
      const limit = new AbortController();
      const late = delay(deadlineMs, 'late', { signal: limit.signal }).catch(() => 'on time');
      try {
        if ((await Promise.race([close(), late])) === 'late') giveUp('did not close in time', left);
      } catch (error) {
        giveUp('could not be closed', left, error);
      }
      limit.abort();
    },
    lost: () => ledger.total(),
    kept() {
      const kept = Math.min(position() ?? done, done);
      ledger.forget(kept);
      if (!writer?.position) return done;
      // What was dropped at the tail counts when all that waits before it is through.
      return pumping ? kept : Math.max(kept, ledger.last());
    },
  };
}

/** A batch costs something beside its bytes: many tiny ones must not pass the bound. */
function cost(batch: LogBatch): number {
  return batch.bytes.length + 512;
}

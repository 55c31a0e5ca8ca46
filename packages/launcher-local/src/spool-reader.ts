import { closeSync, fstatSync, openSync, readSync, statfsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

import { createFileWaker } from './file-waker.ts';
import { punchHole } from './punch-hole.ts';

export interface SpoolReaderOptions {
  file: string;
  /** Where to read on. */
  from: number;
  /** Unread bytes beyond this are given up, oldest first. */
  budgetBytes: number;
  /** While the volume has less than this free, nothing unread is kept beyond one chunk. */
  minFreeBytes: number;
  onChunk(chunk: Uint8Array, end: number): void | Promise<void>;
  onDropped(bytes: number, end: number): void;
}

/** Follows a file that another process appends to. One reader at a time, one chunk at a time. */
export interface SpoolReader {
  /** Reads to the end as it is now. */
  drain(): Promise<void>;
  /** Resolves when all that is in the file now was handed over, whatever comes meanwhile. */
  catchUp(): Promise<void>;
  /** Bytes up to `end` are not needed any more. */
  release(end: number): void;
  close(): void;
}

const chunkBytes = 256 * 1024;
/** One for all readers: reads are synchronous, and what was read is copied out at once. */
const scratch = Buffer.allocUnsafeSlow(chunkBytes);
/** While a server prints, looks are this far apart: few enough to be cheap, many enough to look live. */
const minPauseMs = 8;
const maxPauseMs = 50;
/** After this many empty looks the reader sleeps until the file changes. */
const looksBeforeSleep = 6;
/** A hole is a process, so it must be worth one. */
const holeBytes = 16 * 1024 * 1024;

export function createSpoolReader(options: SpoolReaderOptions): SpoolReader {
  const { file } = options;
  const fd = openSync(file, 'r');
  let offset = options.from;
  let handedOver = options.from;
  let behind: { until: number; resolve(): void }[] = [];
  let punched = options.from;
  let punching = false;
  let closed = false;
  let pumping: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let emptyLooks = 0;
  let isTight = false;
  const waker = createFileWaker(file, () => void pump());

  /** What exceeds the budget is skipped, half of the budget is kept, so that this happens now and then only. */
  const enforceBudget = (): void => {
    const unread = fstatSync(fd).size - offset;
    if (unread <= chunkBytes) return;
    isTight = isVolumeTight(file, options.minFreeBytes);
    const budget = isTight ? chunkBytes : options.budgetBytes;
    if (unread <= budget) return;
    const dropped = unread - Math.floor(budget / 2);
    offset += dropped;
    options.onDropped(dropped, offset);
    void giveBack(offset);
  };

  const readAll = async (): Promise<void> => {
    for (;;) {
      if (closed) return;
      enforceBudget();
      const read = readSync(fd, scratch, 0, chunkBytes, offset);
      if (read === 0) return;
      emptyLooks = 0;
      offset += read;
      await options.onChunk(Buffer.from(scratch.subarray(0, read)), offset);
      handedOver = offset;
      behind = behind.filter(({ until, resolve }) => handedOver < until || resolve());
      if (read === chunkBytes) await turn();
    }
  };

  const pump = (): Promise<void> => {
    if (closed) return Promise.resolve();
    clearTimeout(timer);
    pumping ??= readAll()
      .catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)))
      .finally(() => {
        pumping = null;
        schedule();
      });
    return pumping;
  };

  const schedule = (): void => {
    if (closed) return;
    emptyLooks += 1;
    if (emptyLooks > looksBeforeSleep) {
      waker.arm();
      // What came between the last look and the watch woke nobody.
      if (fstatSync(fd).size > offset) void pump();
      return;
    }
    const pause = Math.min(minPauseMs * 2 ** emptyLooks, maxPauseMs);
    timer = setTimeout(() => void pump(), pause).unref();
  };

  const giveBack = async (end: number): Promise<void> => {
    if (punching || closed) return;
    punching = true;
    const start = punched;
    punched = end;
    await punchHole(file, start, end);
    punching = false;
  };

  void pump();

  return {
    async drain() {
      // A pump that is under way may have passed its last look already.
      await pumping;
      await pump();
    },
    async catchUp() {
      if (closed) return;
      const until = fstatSync(fd).size;
      if (handedOver >= until) return;
      const reached = Promise.withResolvers<void>();
      behind.push({ until, resolve: reached.resolve });
      void pump();
      await reached.promise;
    },
    release(end) {
      if (end - punched >= (isTight ? chunkBytes : holeBytes)) void giveBack(end);
    },
    close() {
      if (closed) return;
      closed = true;
      for (const { resolve } of behind) resolve();
      clearTimeout(timer);
      waker.close();
      closeSync(fd);
    },
  };
}

function isVolumeTight(file: string, minFreeBytes: number): boolean {
  const { bavail, bsize } = statfsSync(file);
  return bavail * bsize < minFreeBytes;
}

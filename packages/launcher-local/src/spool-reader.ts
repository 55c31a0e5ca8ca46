import { closeSync, fstatSync, openSync, readSync, statfsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

import { createFileWaker } from './file-waker.ts';
import { firstData } from './first-data.ts';
import { cutSpool, readBase } from './spool-base.ts';
import { createSpoolSpace } from './spool-space.ts';

export interface SpoolReaderOptions {
  file: string;
  /** Where to read on, or where output begins that was not given back, if that comes later. */
  from: number;
  /** Unread bytes beyond this are given up, oldest first; and so are read ones that nobody says to keep elsewhere. */
  budgetBytes: number;
  /** While the volume has less than this free, nothing unread is kept beyond one chunk, and little of what was read. */
  minFreeBytes: number;
  /** Give space back by holes where that can be had. */
  punchHoles: boolean;
  /** For a chunk of so many bytes, or of fewer. */
  memory(bytes: number): Uint8Array;
  onChunk(chunk: Uint8Array, end: number): void | Promise<void>;
  onDropped(bytes: number, end: number): void;
}

/** Follows a file that another process appends to. One reader at a time, one chunk at a time. */
export interface SpoolReader {
  /** Resolves when all that is in the file now was handed over, whatever comes meanwhile. */
  catchUp(): Promise<void>;
  /** Bytes up to `end` are not needed any more. */
  release(end: number): void;
  close(): void;
}

const chunkBytes = 512 * 1024;
/** Of what was read, on a volume that is nearly full: enough for sinks that are at work. */
const tightHeldBytes = 4 * chunkBytes;
/** While a server prints, looks are this far apart: few enough to be cheap, many enough to look live. */
const minPauseMs = 8;
const maxPauseMs = 50;
/** What prints more than this between two looks is left to print more: a whole chunk costs as much as half of one. */
const chattyBytes = 128 * 1024;
const chattyPauseMs = 40;
/** After this many empty looks the reader sleeps until the file changes. */
const looksBeforeSleep = 6;
/** Where there are no holes, a spool that was read wholly is emptied when it is so large. */
const cutBytes = 16 * 1024 * 1024;
/** Space is taken ahead not before the server had time to start. */
const firstReserveMs = 1000;

/** @throws Error of the file system */
export function createSpoolReader(options: SpoolReaderOptions): SpoolReader {
  const { file } = options;
  const fd = openSync(file, 'r+');
  /** Output before the file's first byte. */
  let base = orClose(fd, () => readBase(file, fstatSync(fd).size));
  /** Whoever asks for output that was given back gets what is there after it. */
  const from = orClose(fd, () => base + firstData(fd, Math.max(0, options.from - base)));
  let offset = from;
  let handedOver = from;
  let behind: { until: number; resolve(): void }[] = [];
  let closed = false;
  let pumping: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let emptyLooks = 0;
  /** Where the last look began to read. */
  let lookedFrom = from;
  let reserves = false;
  /** More was read than may be held, and no part of the file can be given back alone. */
  let givesAllUp = false;
  /** Told as dropped, and not given back yet. */
  let dropped: { start: number; end: number } | null = null;
  const space = createSpoolSpace({
    file,
    from,
    base: () => base,
    punchHoles: options.punchHoles,
  });
  const waker = createFileWaker(file, () => void pump());

  const sizeNow = (): number => base + fstatSync(fd).size;

  const cutOff = (): void => {
    const released = space.released();
    if (closed || space.canPunch() || released - base < cutBytes) return;
    const { size } = fstatSync(fd);
    if (base + size !== released) return;
    base = cutSpool(file, fd, base, size);
    if (base === released) givesAllUp = false;
  };

  const lookAtVolume = (): boolean => {
    const isTight = freeBytes(file) < options.minFreeBytes;
    space.setTight(isTight);
    return isTight;
  };

  /**
   * What exceeds the budget is skipped, half of the budget is kept, so that this happens now and then only.
   * @returns how much there is to read
   */
  const enforceBudget = (): number => {
    const unread = sizeNow() - offset;
    if (unread <= chunkBytes) return unread;
    const isTight = lookAtVolume();
    const budget = isTight ? chunkBytes : Math.max(chunkBytes, options.budgetBytes);
    if (unread <= budget) return unread;
    const start = offset;
    offset += unread - Math.floor(budget / 2);
    options.onDropped(offset - start, offset);
    dropped = { start: dropped?.start ?? start, end: offset };
    return unread - (offset - start);
  };

  /**
   * What was dropped becomes a hole, and nothing else: what was handed over before it may not be kept by anybody yet. Not
   * before what follows was taken over: who was told of the drop has written it down by then, so that a later reader
   * never takes the hole for output.
   */
  const giveDroppedUp = (): void => {
    if (dropped) space.giveUp(dropped.start, dropped.end);
    dropped = null;
  };

  const release = (end: number): void => {
    space.release(end);
    cutOff();
  };

  /** A sink that hangs must not fill the volume. What it has in memory it may still take; an heir finds a gap, and says so. */
  const boundHeld = (isTight: boolean): void => {
    const budget = Math.max(tightHeldBytes, isTight ? 0 : options.budgetBytes);
    const isOver = space.held(handedOver) > budget;
    if (isOver && space.canPunch()) return release(handedOver - Math.floor(budget / 2));
    // A file that cannot have holes can only be emptied, once nothing of it is needed.
    givesAllUp ||= isOver;
    if (givesAllUp) release(handedOver);
  };

  const readAll = async (): Promise<void> => {
    const isTight = lookAtVolume();
    lookedFrom = offset;
    for (;;) {
      if (closed) return;
      const unread = enforceBudget();
      if (unread <= 0) return;
      if (reserves) space.grown(offset + unread);
      const memory = options.memory(Math.min(unread, chunkBytes));
      const read = readSync(fd, memory, 0, memory.length, offset - base);
      if (read === 0) return;
      emptyLooks = 0;
      offset += read;
      await options.onChunk(memory.subarray(0, read), offset);
      handedOver = offset;
      giveDroppedUp();
      boundHeld(isTight);
      behind = behind.filter(({ until, resolve }) => handedOver < until || resolve());
      // The end was reached: to look again at once would take a chatty server's output in crumbs, each with its price.
      if (read === unread) return;
      await turn();
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
      if (sizeNow() > offset) void pump();
      return;
    }
    const isChatty = offset - lookedFrom > chattyBytes;
    const pause = isChatty ? chattyPauseMs : Math.min(minPauseMs * 2 ** (emptyLooks - 1), maxPauseMs);
    timer = setTimeout(() => void pump(), pause).unref();
  };

  const reserveTimer = setTimeout(() => {
    reserves = true;
    if (!closed) space.grown(sizeNow());
  }, firstReserveMs).unref();

  void pump();

  return {
    async catchUp() {
      if (closed) return;
      const until = sizeNow();
      if (handedOver >= until) return;
      const reached = Promise.withResolvers<void>();
      behind.push({ until, resolve: reached.resolve });
      void pump();
      await reached.promise;
    },
    release,
    close() {
      if (closed) return;
      closed = true;
      for (const { resolve } of behind) resolve();
      clearTimeout(timer);
      clearTimeout(reserveTimer);
      space.close();
      waker.close();
      closeSync(fd);
    },
  };
}

function orClose<Result>(fd: number, use: () => Result): Result {
  try {
    return use();
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function freeBytes(file: string): number {
  try {
    const { bavail, bsize } = statfsSync(file);
    return bavail * bsize;
  } catch {
    // Somebody removed the file: what was written to it is still read, and needs no watching.
    return Number.POSITIVE_INFINITY;
  }
}

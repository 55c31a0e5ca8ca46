import { fallocate, hasFallocate } from './fallocate.ts';

export interface SpoolSpaceOptions {
  file: string;
  /** Output up to here was somebody else's to give back. */
  from: number;
  /** Bytes of output before the first one in the file. */
  base(): number;
  /** Give space back by holes where that can be had. */
  punchHoles: boolean;
}

/** Takes and gives space of a spool, while another process appends to it. All places are bytes of output. */
export interface SpoolSpace {
  /** Output up to here is kept elsewhere. */
  released(): number;
  /** Output up to `end` is kept elsewhere: its blocks go back to the volume; places stay as they are. */
  release(end: number): void;
  /** This output nobody reads any more, though what is before it may still be needed. */
  giveUp(start: number, end: number): void;
  /** The file is so long now: some more blocks are taken ahead, so that a volume that others fill up does not fail it. */
  grown(size: number): void;
  /** While the volume is nearly full, every block counts. */
  setTight(tight: boolean): void;
  /** Bytes of output up to `end` that nobody keeps elsewhere and nobody gave up. */
  held(end: number): number;
  /** Whether blocks can be given back while the file keeps its length. */
  canPunch(): boolean;
  close(): void;
}

interface Range {
  start: number;
  end: number;
}

/** Each change is a short process (Node has no call for it), so it must be worth one. */
const tightBytes = 128 * 1024;
/** More and more for a server that prints as much within some seconds. */
const releaseBytes = { least: 16 * 1024 * 1024, most: 64 * 1024 * 1024, factor: 2 };
const reserveBytes = { least: 512 * 1024, most: 32 * 1024 * 1024, factor: 4 };

export function createSpoolSpace({ file, from, base, punchHoles }: SpoolSpaceOptions): SpoolSpace {
  let released = from;
  /** All output from `from` up to here is a hole. */
  let punched = from;
  /** After that, ascending. */
  let givenUp: Range[] = [];
  let holes: Range[] = [];
  let size = from;
  let reserved = 0;
  /** Given back and not taken again. */
  let credit = 0;
  const releaseStep = createStep(releaseBytes);
  const reserveStep = createStep(reserveBytes);
  /** The file's size when a request for space failed. */
  let refusedAt = -tightBytes;
  let isTight = false;
  let busy = false;
  let closed = false;
  /** Whether the file system can. The first try tells. */
  let isAble = true;

  const canPunch = (): boolean => punchHoles && isAble && hasFallocate();
  const wantsPunch = (): boolean => released - punched >= (isTight ? tightBytes : releaseStep.next());
  const wantsReserve = (): boolean =>
    isTight
      ? credit > 0 && reserved - size < reserveBytes.least
      : reserved - size < reserveStep.last() / 2 && size - refusedAt >= tightBytes;

  const change = (
    mode: '--punch-hole' | '--keep-size',
    { start, end }: Range,
  ): ReturnType<typeof fallocate> => fallocate(mode, { file, offset: start - base(), length: end - start });

  /** Whether to go on. What could not be done now is tried again when there is more to do. */
  const punch = async (range: Range): Promise<boolean> => {
    const outcome = await change('--punch-hole', range);
    if (outcome === 'refused') isAble = false;
    if (outcome === 'done') credit += lengthOf(range) - overlap(range, holes);
    return outcome === 'done';
  };

  const punchGivenUp = async (range: Range): Promise<boolean> => {
    const done = await punch(range);
    if (!done) return false;
    givenUp = givenUp.filter((each) => each !== range);
    holes.push(range);
    return true;
  };

  const punchReleased = async (): Promise<boolean> => {
    const range = { start: punched, end: released };
    releaseStep.take();
    const done = await punch(range);
    if (!done) return false;
    punched = range.end;
    const isAhead = ({ end }: Range): boolean => end > punched;
    holes = holes.filter(isAhead);
    givenUp = givenUp.filter(isAhead);
    return true;
  };

  /** On a nearly full volume no more is taken than was given back. */
  const reserve = async (): Promise<boolean> => {
    const start = Math.max(reserved, size);
    const end = isTight ? start + Math.min(credit, reserveBytes.least) : size + reserveStep.take();
    if (isTight) credit = 0;
    if ((await change('--keep-size', { start, end })) === 'done') reserved = end;
    else refusedAt = size;
    return true;
  };

  /** Space is given back before more is asked for. */
  const nextTask = (): (() => Promise<boolean>) | null => {
    if (!canPunch() || closed) return null;
    const [first] = givenUp;
    if (first) return () => punchGivenUp(first);
    if (wantsPunch()) return punchReleased;
    return wantsReserve() ? reserve : null;
  };

  /** One process at a time. */
  const work = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (let next = nextTask(); next; next = nextTask()) if (!(await next())) break;
    busy = false;
  };

  return {
    released: () => released,
    release(end) {
      released = Math.max(released, end);
      if (wantsPunch()) void work();
    },
    giveUp(start, end) {
      if (end > start) givenUp.push({ start, end });
      void work();
    },
    grown(to) {
      size = to;
      if (wantsReserve()) void work();
    },
    setTight(tight) {
      isTight = tight;
    },
    held: (end) => end - released - overlap({ start: released, end }, [...givenUp, ...holes]),
    canPunch,
    close() {
      closed = true;
    },
  };
}

function lengthOf({ start, end }: Range): number {
  return end - start;
}

function overlap(range: Range, others: readonly Range[]): number {
  return others.reduce(
    (sum, { start, end }) => sum + Math.max(0, Math.min(end, range.end) - Math.max(start, range.start)),
    0,
  );
}

interface Step {
  last(): number;
  /** More than the last one, if that was taken a short while ago. */
  next(): number;
  take(): number;
}

const quickMs = 5000;

function createStep({ least, most, factor }: typeof releaseBytes): Step {
  let last = least;
  let takenAt = Number.NEGATIVE_INFINITY;
  const next = (): number => (performance.now() - takenAt < quickMs ? Math.min(last * factor, most) : least);
  return {
    last: () => last,
    next,
    take() {
      last = next();
      takenAt = performance.now();
      return last;
    },
  };
}

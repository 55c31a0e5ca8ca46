import { execFile } from 'node:child_process';

/** Takes and gives space of a spool, while another process appends to it. */
export interface SpoolSpace {
  /** Bytes up to `end` are not needed any more: their blocks go back to the volume; offsets stay as they are. */
  release(end: number): void;
  /** The file is so long now: some more blocks are taken ahead, so that a volume that others fill up does not fail it. */
  grown(size: number): void;
  /** While the volume is nearly full, every block counts. */
  setTight(tight: boolean): void;
  /** Whether blocks can be given back while the file keeps its length. */
  canPunch(): boolean;
  close(): void;
}

/** Each change is a short process (Node has no call for it), so it must be worth one. */
const worth = { release: 16 * 1024 * 1024, tight: 128 * 1024 };
/** Taken ahead; twice as much each time for a server that is through with it within a second. */
const reserveBytes = { least: 512 * 1024, most: 32 * 1024 * 1024 };
const quickMs = 1000;

/** `fallocate` of util-linux, and a file system that can. The first try tells. */
let platformCan = process.platform === 'linux';

export function createSpoolSpace(file: string, from: number, holes: boolean): SpoolSpace {
  let released = from;
  let punched = from;
  let size = from;
  let reserved = 0;
  /** Given back and not taken again. */
  let credit = 0;
  let step = reserveBytes.least;
  let reservedAt = 0;
  /** The file's size when a request for space failed. */
  let refusedAt = -worth.tight;
  let isTight = false;
  let busy = false;
  let closed = false;

  const canPunch = (): boolean => holes && platformCan;
  const wantsPunch = (): boolean => released - punched >= (isTight ? worth.tight : worth.release);
  const wantsReserve = (): boolean =>
    isTight
      ? credit > 0 && reserved - size < reserveBytes.least
      : reserved - size < step / 2 && size - refusedAt >= worth.tight;

  const punch = async (): Promise<void> => {
    const [start, end] = [punched, released];
    punched = end;
    const ok = await fallocate(['--punch-hole'], start, end, file);
    credit += ok ? end - start : 0;
    // The first one tells whether the file system can.
    platformCan = ok || start > from;
  };

  const nextStep = (): number => {
    const quick = performance.now() - reservedAt < quickMs;
    reservedAt = performance.now();
    return quick ? Math.min(step * 2, reserveBytes.most) : reserveBytes.least;
  };

  /** On a nearly full volume no more is taken than was given back. */
  const reserve = async (): Promise<void> => {
    const start = Math.max(reserved, size);
    if (!isTight) step = nextStep();
    const end = isTight ? start + Math.min(credit, reserveBytes.least) : size + step;
    if (isTight) credit = 0;
    if (await fallocate(['--keep-size'], start, end, file)) reserved = end;
    else refusedAt = size;
  };

  /** Space is given back before more is asked for. */
  const nextTask = (): (() => Promise<void>) | null => {
    if (!canPunch() || closed) return null;
    if (wantsPunch()) return punch;
    return wantsReserve() ? reserve : null;
  };

  /** One process at a time. */
  const work = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (let next = nextTask(); next; next = nextTask()) await next();
    busy = false;
  };

  return {
    release(end) {
      released = Math.max(released, end);
      if (wantsPunch()) void work();
    },
    grown(to) {
      size = to;
      if (wantsReserve()) void work();
    },
    setTight(tight) {
      isTight = tight;
    },
    canPunch,
    close() {
      closed = true;
    },
  };
}

function fallocate(mode: readonly string[], start: number, end: number, file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const range = ['--offset', String(start), '--length', String(end - start)];
    execFile('fallocate', [...mode, ...range, file], { env: { PATH: process.env.PATH } }, (error) =>
      resolve(error === null),
    );
  });
}

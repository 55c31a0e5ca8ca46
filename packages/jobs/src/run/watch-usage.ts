import type { ProcessHandle } from '@project-runner/core';

export interface UsageWatch {
  /** The most memory of the tree that was seen, in bytes; `null` before the first look. */
  peakMemoryBytes(): number | null;
  close(): void;
}

/** The first looks: many a job is over soon. */
const firstPauseMs = 50;
/** A look costs a pass over all processes of the machine, so later ones are rare unless they keep a limit. */
const pauseMs = { keeping: 100, seldom: 2000 };

/** Looks at the memory of a tree until it is closed. `onOver` is called once, when it is more than `limitBytes`. */
export function watchUsage(
  handle: Pick<ProcessHandle, 'usage'>,
  limitBytes: number | undefined,
  onOver: () => void,
): UsageWatch {
  let peak: number | null = null;
  let isOver = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    // Where this process cannot open files right now, it looks again.
    const usage = await handle.usage().catch(() => null);
    if (usage === null || isClosed) return;
    peak = Math.max(peak ?? 0, usage.memoryBytes);
    if (limitBytes === undefined || isOver || usage.memoryBytes <= limitBytes) return;
    isOver = true;
    onOver();
  };
  const lookAfter = (pause: number): void => {
    const longest = limitBytes === undefined || isOver ? pauseMs.seldom : pauseMs.keeping;
    const lookAgain = async (): Promise<void> => {
      await look();
      if (!isClosed) lookAfter(pause * 2);
    };
    timer = setTimeout(() => void lookAgain(), Math.min(pause, longest)).unref();
  };
  lookAfter(firstPauseMs);

  return {
    peakMemoryBytes: () => peak,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

import type { Logger, ProcessHandle, TreeUsage } from '@project-runner/core';

export interface WatchedMemory {
  handle: Pick<ProcessHandle, 'usage'>;
  limitMb: number;
  /** Aborts when nobody needs to look any more. */
  signal: AbortSignal;
  /** Called once. */
  onOver(reason: string): void;
}

/** Looks at the memory of all servers that have a limit, all at once: so they share one look at the machine. */
export interface MemoryWatch {
  add(watched: WatchedMemory): void;
}

export function createMemoryWatch(logger: Logger, intervalMs = 5000): MemoryWatch {
  const all = new Set<WatchedMemory>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  const remove = (watched: WatchedMemory): void => {
    all.delete(watched);
    if (all.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  const look = async (watched: WatchedMemory): Promise<void> => {
    let usage: TreeUsage | null;
    try {
      usage = await watched.handle.usage();
    } catch (error) {
      logger.warn('The memory of a server could not be measured', error);
      return;
    }
    const usedMb = (usage?.memoryBytes ?? 0) / 1024 / 1024;
    if (usedMb <= watched.limitMb || !all.has(watched)) return;
    remove(watched);
    watched.onOver(`it used ${Math.ceil(usedMb)} MB of memory, more than its limit of ${watched.limitMb} MB`);
  };

  const lookAtAll = async (): Promise<void> => {
    // A launcher may be slower than the timer.
    if (looking) return;
    looking = true;
    await Promise.all([...all].map(look));
    looking = false;
  };

  return {
    add(watched) {
      if (watched.signal.aborted) return;
      all.add(watched);
      watched.signal.addEventListener('abort', () => remove(watched), { once: true });
      timer ??= setInterval(() => void lookAtAll(), intervalMs).unref();
    },
  };
}

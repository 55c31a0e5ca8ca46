/** Calls once after so much time that it was not paused in. */
export interface PausableTimer {
  pause(): void;
  resume(): void;
  clear(): void;
}

export function createPausableTimer(ms: number, call: () => void): PausableTimer {
  let left = ms;
  let startedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const resume = (): void => {
    if (timer) return;
    startedAt = performance.now();
    timer = setTimeout(call, left);
  };
  resume();
  return {
    clear,
    resume,
    pause() {
      if (!timer) return;
      clear();
      left = Math.max(0, left - (performance.now() - startedAt));
    },
  };
}

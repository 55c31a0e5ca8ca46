export interface ResendWindow {
  push(bytes: Buffer): void;
  /** Oldest first. */
  contents(): readonly Buffer[];
  clear(): void;
}

export interface ResendWindowOptions {
  maxBytes: number;
  maxAgeMs: number;
}

/** What was sent last, bounded in bytes and age, so that a silent server's log does not hold memory for ever. */
export function resendWindow({ maxBytes, maxAgeMs }: ResendWindowOptions): ResendWindow {
  let kept: { bytes: Buffer; at: number }[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | null = null;

  const forgetOld = (): void => {
    const limit = performance.now() - maxAgeMs;
    while (kept[0] && (kept[0].at <= limit || size > maxBytes)) size -= kept.shift()?.bytes.length ?? 0;
  };
  const expire = (): void => {
    timer = null;
    forgetOld();
    if (kept.length > 0) schedule();
  };
  const schedule = (): void => {
    timer ??= setTimeout(expire, maxAgeMs).unref();
  };

  return {
    push(bytes) {
      kept.push({ bytes, at: performance.now() });
      size += bytes.length;
      forgetOld();
      schedule();
    },
    contents() {
      forgetOld();
      return kept.map(({ bytes }) => bytes);
    },
    clear() {
      kept = [];
      size = 0;
      if (timer) clearTimeout(timer);
      timer = null;
    },
  };
}

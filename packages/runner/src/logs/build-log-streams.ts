export interface BuildLogStreamOptions {
  /** @default true */
  includeTimestamp?: boolean;
  /** Put before each line. @default '' */
  prefix?: string;
  /** Hand lines over together, joined by `\n`. @default false */
  buffered?: boolean;
  /** How long a buffered line waits at most, in ms; the wait keeps no process alive. @default 100 */
  flushIntervalMs?: number;
}

/** Takes a line; `flush` hands over what is buffered at once. */
export interface BuildLogStream {
  (line: string): void;
  flush(): void;
}

/** `[2026-01-23T12:00:00.000Z] prefix line`, to a callback that may be absent. */
export function createBuildLogStream(
  callback: ((line: string) => void) | undefined,
  {
    includeTimestamp = true,
    prefix = '',
    buffered = false,
    flushIntervalMs = 100,
  }: BuildLogStreamOptions = {},
): BuildLogStream {
  let lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (lines.length === 0) return;
    const text = lines.join('\n');
    lines = [];
    callback?.(text);
  };

  const take = (line: string): void => {
    const parts = [includeTimestamp ? `[${new Date().toISOString()}]` : '', prefix, line];
    const text = parts.filter((part, index) => index === 2 || part !== '').join(' ');
    if (!buffered) return callback?.(text);
    lines.push(text);
    timer ??= setTimeout(() => callSafely(flush), flushIntervalMs).unref();
  };

  return Object.assign(take, { flush });
}

/** One line to many; one that throws keeps it from none. Its error becomes a process warning. */
export function createMultiLogStream(
  ...callbacks: readonly (((line: string) => void) | undefined)[]
): (line: string) => void {
  return (line) => {
    for (const callback of callbacks) callSafely(() => callback?.(line));
  };
}

/** Only lines that the predicate wants. */
export function createFilteredLogStream(
  callback: ((line: string) => void) | undefined,
  predicate: (line: string) => boolean,
): (line: string) => void {
  return (line) => {
    if (predicate(line)) callback?.(line);
  };
}

/** There is nobody to throw to, neither for a timer nor beside other callbacks. */
function callSafely(call: () => void): void {
  try {
    call();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}

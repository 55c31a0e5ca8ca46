import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Logger } from '@project-runner/core';

import { catchLater } from '../catch-later.ts';

/** Lines kept in `Build.logs`; a build may print without end, and the file has all of it. */
const keptLines = 5000;

export interface BuildLog {
  /** The file with the whole log. */
  readonly path: string;
  line(text: string): void;
  /** The kept lines, joined. */
  text(): string;
  /** No line is taken after this. */
  close(): void;
}

/** One call of `onLog` a line, in order, none after `close`; a callback that throws, now or later, harms nobody. */
export function createBuildLog(
  path: string,
  onLog: ((line: string) => void) | undefined,
  logger: Logger,
): BuildLog {
  mkdirSync(dirname(path), { recursive: true });
  let file: number | undefined = openSync(path, 'w', 0o600);
  let kept: string[] = [];
  let dropped = 0;
  let complained = false;

  const complainOnce = (message: string, error: unknown): void => {
    if (!complained) logger.warn(message, error);
    complained = true;
  };

  const append = (target: number, text: string): void => {
    try {
      // Synchronous: what was printed is in the file even when the runner is killed right after.
      writeSync(target, `${text}\n`);
    } catch (error) {
      complainOnce(`The build log ${path} cannot be written`, error);
    }
  };

  const blame = (error: unknown): void => complainOnce('The onLog callback of a build threw', error);
  const tell = (text: string): void => {
    try {
      catchLater(onLog?.(text), blame);
    } catch (error) {
      blame(error);
    }
  };

  return {
    path,
    line(text) {
      if (file === undefined) return;
      for (const line of text.split(/\r\n|\r|\n/)) {
        kept.push(line);
        if (kept.length >= keptLines * 2) {
          dropped += kept.length - keptLines;
          kept = kept.slice(-keptLines);
        }
        append(file, line);
        tell(line);
      }
    },
    text() {
      const over = Math.max(0, kept.length - keptLines);
      const lines = kept.slice(over);
      const missing = dropped + over;
      return (missing > 0 ? [`[${missing} earlier lines are in the log file]`, ...lines] : lines).join('\n');
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

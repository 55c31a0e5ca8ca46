import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Logger } from '@project-runner/core';

import { catchLater } from '../catch-later.ts';
import type { SecretMask } from '../logs/secret-mask.ts';
import { createLineTail } from './line-tail.ts';
import type { LineTailLimits } from './line-tail.ts';

/** What `Build.logs` keeps; a build may print without end, and the file has all of it. */
const kept: LineTailLimits = { lines: 5000, chars: 4 * 1024 * 1024 };

export interface BuildLog {
  /** The file with the whole log. */
  readonly path: string;
  line(text: string): void;
  /** What is secret in later lines is masked. */
  hide(mask: SecretMask): void;
  /** A text as its lines would be. */
  masked(text: string): string;
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
  const tail = createLineTail(kept);
  let complained = false;
  let mask: SecretMask | undefined;

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

  const masked = (text: string): string => {
    if (!mask?.maxLength) return text;
    const bytes = Buffer.from(text);
    mask.apply(bytes);
    return bytes.toString();
  };

  return {
    path,
    masked,
    hide(given) {
      mask = given;
    },
    line(text) {
      if (file === undefined) return;
      for (const line of masked(text).split(/\r\n|\r|\n/)) {
        tail.push(line);
        append(file, line);
        tell(line);
      }
    },
    text() {
      const { text, dropped } = tail.read();
      return dropped > 0 ? `[${dropped} earlier lines are in the log file]\n${text}` : text;
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

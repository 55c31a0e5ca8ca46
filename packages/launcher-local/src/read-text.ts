import { readFileSync } from 'node:fs';

import { cannotTell } from './cannot-tell.ts';

/**
 * The text of a file, `null` where it is not there or is not ours to read.
 * @throws Error of the file system where that cannot be told: this process has too many files open
 */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (cannotTell(error)) throw error;
    // Files of processes and of their groups go with them, at any moment.
    return null;
  }
}

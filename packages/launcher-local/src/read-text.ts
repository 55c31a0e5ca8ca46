import { readFileSync } from 'node:fs';

/** The text of a file, `null` where it is not there or is not ours to read. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Files of processes and of their groups go with them, at any moment.
    return null;
  }
}

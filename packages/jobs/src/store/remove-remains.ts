import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { RunRecord } from './run-record.ts';
import type { RunFiles } from './run-files.ts';

/** Files of a launcher that are smaller are left for the sweep, because to remove them takes as long as a short job. */
const smallBytes = 64 * 1024;

/**
 * Removes the input of a run that is not tried again, before its result is told: whoever gets that may leave at once. Without
 * a name, in a record that was cut off, it goes with the rest. Where it cannot be, the sweep tries again.
 */
export async function removeInput(files: RunFiles, { secret }: RunRecord): Promise<void> {
  if (secret?.inputFile) await rm(files.input(secret.inputFile), { force: true });
}

/** Removes what nobody needs of a run that has ended and is kept: its input, its own home, and much of what it printed. */
export async function removeRemains(
  files: RunFiles,
  { spec, secret }: RunRecord,
  printedBytes: number,
): Promise<void> {
  if (printedBytes > smallBytes || spec.retries > 0)
    await removeMatching(files, /^(launch|limits|tail|home|input)-/);
  else if (spec.isolate || !secret || secret.inputFile) await removeMatching(files, /^(home|input)-/);
}

/** Of a run that has ended, where somebody was killed before he did it. */
export async function removeSecrets(files: RunFiles): Promise<void> {
  await removeMatching(files, /^(home|input)-/);
}

/** Somebody may remove the run in the same moment. */
export function unlessGone(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}

async function removeMatching({ dir }: RunFiles, pattern: RegExp): Promise<void> {
  const names = await readdir(dir).catch(unlessGone);
  const remove = (name: string): Promise<void> => rm(join(dir, name), { recursive: true, force: true });
  await Promise.all(names.filter((name) => pattern.test(name)).map(remove));
}

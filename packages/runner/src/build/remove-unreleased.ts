import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { isFolderWanted } from './is-folder-wanted.ts';
import { hasRelease } from './release.ts';

/** Removes the files of a build that no release has and nobody runs; the log beside them stays. @throws Error of the file system */
export async function removeUnreleased(dir: string, buildDir: string): Promise<void> {
  if (hasRelease(dir)) return;
  for (const folder of await foldersOf(dir)) {
    // A process that outlived the build may still write into it, which is worth another try.
    if (!(await isFolderWanted(folder, buildDir))) {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

/** It had to go elsewhere where the files of an earlier one of its id were needed. No id has a tilde. */
async function foldersOf(dir: string): Promise<string[]> {
  const parent = dirname(dir);
  if (!existsSync(parent)) return [];
  const others = (await readdir(parent)).filter((name) => name.startsWith(`${basename(dir)}~`));
  return [dir, ...others.map((name) => join(parent, name))];
}

import { join, relative, resolve } from 'node:path';

import { writeStub } from '../workspace/write-stub.ts';
import { copyProject } from './copy-project.ts';
import type { TreeEntry } from './cache/walk-tree.ts';
import type { LocatedSource } from './locate-source.ts';

export interface PreparedSource {
  /** The copy to build in: the workspace root where the project is a member of one, else the project. */
  rootDir: string;
  projectDir: string;
}

export interface Snapshot extends PreparedSource {
  /** Everything is below this folder. */
  treeDir: string;
  /** What was copied; it may be more or less than what was found, when that changed meanwhile. */
  entries: readonly TreeEntry[];
  /** Members of the workspace that were not copied, because the project does not need them; relative. */
  leftOut: readonly string[];
}

/** Copies a source to the real path `target`, unless it is there already. @throws as `copyProject` does */
export async function prepareSource(
  source: LocatedSource,
  target: string,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { isOurs, rootDir, projectDir, treeDir, entries, leftOut } = source;
  if (isOurs) return { treeDir, rootDir, projectDir, entries, leftOut };
  const copied = await copyProject(source, target, signal);
  if (source.needsStubs) {
    for (const member of leftOut) await writeStub(join(treeDir, member), join(target, member));
  }
  const moved = (dir: string): string => resolve(target, relative(treeDir, dir));
  return {
    treeDir: target,
    rootDir: moved(rootDir),
    projectDir: moved(projectDir),
    entries: copied,
    leftOut,
  };
}

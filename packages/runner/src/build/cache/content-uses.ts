import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { holderIsAlive, thisProcess } from '@project-runner/leases';
import type { Holder } from '@project-runner/leases';

import type { CachePaths } from './cache-paths.ts';

export interface ContentUse {
  /** Its folder's name. */
  content: string;
  /** The build whose release it is used as. */
  buildId?: string;
  /**
   * A folder that is there as long as the use lasts, also after the runner was killed: the state of a server. Without it
   * the use ends with this process.
   */
  lastsWith?: string;
}

interface StoredUse extends ContentUse {
  holder: Holder;
}

/**
 * Says that files of a build are read or run, so that no runner removes them. Call it under the lock of the project.
 * Synchronous, so that nothing of this process comes in between. The answer ends it.
 * @throws Error of the file system
 */
export function useContent(paths: CachePaths, projectId: string, use: ContentUse): () => void {
  const dir = paths.uses(projectId);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, `${randomUUID()}.json`);
  const stored: StoredUse = { ...use, holder: thisProcess() };
  writeFileSync(`${file}.tmp`, JSON.stringify(stored), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
  return () => rmSync(file, { force: true });
}

/** Folders that are in use, and builds; what is left of uses that are over goes. */
export function usedContents(
  paths: CachePaths,
  projectId: string,
): { contents: Set<string>; builds: Set<string> } {
  const dir = paths.uses(projectId);
  const contents = new Set<string>();
  const builds = new Set<string>();
  for (const name of namesIn(dir)) {
    const file = join(dir, name);
    const use = readUse(file);
    if (use && lasts(use)) {
      contents.add(use.content);
      if (use.buildId !== undefined) builds.add(use.buildId);
    } else if (!name.endsWith('.tmp')) {
      rmSync(file, { force: true });
    }
  }
  return { contents, builds };
}

function lasts({ holder, lastsWith }: StoredUse): boolean {
  return lastsWith === undefined ? holderIsAlive(holder) : existsSync(lastsWith);
}

function readUse(file: string): StoredUse | null {
  try {
    const use = JSON.parse(readFileSync(file, 'utf8')) as Partial<StoredUse> | null;
    return typeof use?.content === 'string' && use.holder ? (use as StoredUse) : null;
  } catch {
    // It was never written whole, or is gone: nobody has it.
    return null;
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    // Nothing was ever used.
    return [];
  }
}

import { realpath } from 'node:fs/promises';
import { basename, dirname, relative, sep } from 'node:path';

import { cachePaths } from './cache/cache-paths.ts';
import { useContent } from './cache/content-uses.ts';
import { waitForLease } from './cache/wait-for-lease.ts';
import { readRelease } from './release.ts';
import type { Release } from './release.ts';

export interface HeldRelease {
  release: Release;
  /** From now on it is held as long as that folder is there, even when this process is not. */
  holdAsLongAs(folder: string): void;
  /** Ends what was not made to last longer. */
  end(): void;
}

/**
 * Reads a release that is to be run, and keeps every runner from removing it. Where that cannot be written down (a full
 * disk), it is run all the same: only releases beyond those that are kept are removed, and none that a server is recorded with.
 * @throws ProjectRunnerError `RELEASE_MISSING`; the signal's reason
 */
export async function holdRelease(dir: string, buildDir: string, signal: AbortSignal): Promise<HeldRelease> {
  // First without the lock: nobody has to wait to learn that it is not there.
  const release = await readRelease(dir);
  try {
    return await hold(dir, buildDir, signal);
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    return { release, holdAsLongAs: () => undefined, end: () => undefined };
  }
}

async function hold(dir: string, buildDir: string, signal: AbortSignal): Promise<HeldRelease> {
  const projectId = basename(dirname(dir));
  const paths = cachePaths(buildDir);
  const unlock = await waitForLease(paths.leases, `content.${projectId}`, { signal, everyMs: 10 });
  try {
    const release = await readRelease(dir);
    const use = { content: await contentOf(release, dir), buildId: basename(dir) };
    const end = useContent(paths, projectId, use);
    return {
      release,
      end,
      holdAsLongAs(folder) {
        try {
          useContent(paths, projectId, { ...use, lastsWith: folder });
          end();
        } catch (error) {
          // Held as long as this process is there, then.
          if (!isUnwritable(error)) throw error;
        }
      },
    };
  } finally {
    unlock();
  }
}

function isUnwritable(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}

/** The name of the folder beside `dir` that has its files. */
export async function contentOf({ rootDir }: Release, dir: string): Promise<string> {
  const builds = await realpath(dirname(dir));
  return relative(builds, rootDir).split(sep)[0] ?? basename(dir);
}

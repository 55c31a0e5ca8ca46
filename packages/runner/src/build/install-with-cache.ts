import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { BegunBuild } from './begin-build.ts';
import { readLog } from './cache/build-entry.ts';
import { cachePaths } from './cache/cache-paths.ts';
import { compareTrees, keepEntry } from './cache/compare-trees.ts';
import { addInstall } from './cache/install-entry.ts';
import type { Installed } from './cache/install-entry.ts';
import { installFingerprint } from './cache/install-inputs.ts';
import { restoreInstall, topmost } from './cache/restore-install.ts';
import { walkTree } from './cache/walk-tree.ts';
import type { TreeEntry } from './cache/walk-tree.ts';
import type { RunningStage } from './build-stages.ts';
import type { ReleaseWork } from './make-release.ts';

const skip = (_: string, name: string): boolean => name === '.git';

/**
 * Takes the dependencies of an earlier build where nothing they depend on has changed, or installs. Answers what the
 * cache may keep; `null`: nothing.
 * @throws as `install` does; the signal's reason; Error of the file system
 */
export async function installWithCache(
  { identity, snapshot }: BegunBuild,
  work: ReleaseWork,
  stage: RunningStage,
  install: (onLine: (line: string) => void) => Promise<void>,
): Promise<Installed | null> {
  const { log, signal, request, config } = work;
  const fingerprint =
    identity && snapshot
      ? await installFingerprint({
          ...identity,
          treeDir: snapshot.treeDir,
          files: await identity.content.hashes(),
        })
      : null;
  if (fingerprint === null || !snapshot) {
    await install(log.line);
    return null;
  }
  const { treeDir } = snapshot;
  const before = (await walkTree(treeDir, { signal, skip })).map(keepEntry);
  let said: string[] = [];
  const found =
    request.options?.cache === false
      ? null
      : await restoreInstall({
          paths: cachePaths(config.buildDir),
          projectBuilds: await realpath(dirname(work.folder)),
          projectId: request.project.id,
          treeDir,
          fingerprint,
          signal,
          onLine: log.line,
        });
  if (found) {
    said = await readLog(found);
    log.line(
      `Dependencies have not changed since build ${found.buildId}: nothing is installed. Their install said:`,
    );
    for (const line of said) log.line(`[cached] ${line}`);
    stage.markCached();
  } else {
    await install((line) => {
      said.push(log.masked(line));
      log.line(line);
    });
  }
  const after = await walkTree(treeDir, { signal, skip });
  const { damaged, added } = compareTrees(before, after);
  // An install that changes the source has done more than can be done again by copying.
  return damaged.length === 0 ? describe(fingerprint, after, new Set(added), said) : null;
}

function describe(
  fingerprint: string,
  after: readonly TreeEntry[],
  added: ReadonlySet<string>,
  log: readonly string[],
): Installed {
  const made = after.filter(({ path }) => added.has(path));
  return {
    fingerprint,
    tree: made.map(keepEntry),
    bytes: made.reduce((sum, { size }) => sum + size, 0),
    log,
  };
}

/** Keeps the dependencies of a build that failed: the next try will need the same. Never rejects. */
export async function keepInstall(installed: Installed, work: ReleaseWork): Promise<void> {
  const { folder, request, config, log } = work;
  if (installed.tree.length === 0) return;
  const paths = cachePaths(config.buildDir);
  const draft = join(paths.drafts, randomUUID());
  const content = `${basename(folder)}.dependencies`;
  try {
    for (const path of topmost(installed.tree.map(([path]) => ({ path })))) {
      await mkdir(dirname(join(draft, path)), { recursive: true });
      await rename(join(folder, path), join(draft, path));
    }
    const ids = { projectId: request.project.id, buildId: request.build.id, content };
    // In this order: an entry without files is dropped, files without an entry would stay for ever.
    await addInstall(paths, ids, installed);
    await rename(draft, join(dirname(folder), content));
  } catch (error) {
    log.line(`Warning: the dependencies of this build are not kept: ${(error as Error).message}`);
  }
}

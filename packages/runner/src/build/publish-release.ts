import { realpath, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

import { callPlugin } from '@project-runner/core';
import type { BuildStageName } from '@project-runner/core';

import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import type { BegunBuild } from './begin-build.ts';
import { addEntry, readLog, readSourceFiles } from './cache/build-entry.ts';
import { cachePaths } from './cache/cache-paths.ts';
import { compareTrees } from './cache/compare-trees.ts';
import { addInstall } from './cache/install-entry.ts';
import type { Installed } from './cache/install-entry.ts';
import { walkTree } from './cache/walk-tree.ts';
import type { TreeEntry } from './cache/walk-tree.ts';
import type { ReleaseWork } from './make-release.ts';
import { writeRelease } from './release.ts';
import type { Release } from './release.ts';

/** Makes what was built deployable, and what was new known to the cache. @throws Error of the file system */
export async function publishRelease(
  begun: BegunBuild,
  installed: readonly Installed[],
  work: ReleaseWork,
): Promise<void> {
  const { cached } = begun;
  if (cached && cached.copied === null) {
    await pointAt(cached.content, work.folder);
    const { files, bytes } = cached.entry;
    await writeRelease(work.dir, describeRelease(begun, work, { files, bytes }));
    return;
  }
  const tree = cached?.copied ?? (await walkTree(work.folder, { signal: work.signal, skip: isGit }));
  // In this order: whoever is killed in between has a release and builds the next one anew.
  await writeRelease(work.dir, describeRelease(begun, work, sizeOf(tree)));
  await remember(begun, tree, work);
  for (const each of installed) await rememberInstall(each, tree, work);
}

const isGit = (_: string, name: string): boolean => name === '.git';

/** The folder of the build leads to the files of the earlier one, for people who look for them there. */
async function pointAt(content: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await symlink(relative(await realpath(dirname(folder)), content), folder, 'dir');
}

function sizeOf(tree: readonly TreeEntry[]): { files: number; bytes: number } {
  return {
    files: tree.filter(({ kind }) => kind === 'file').length,
    bytes: tree.reduce((sum, { size }) => sum + size, 0),
  };
}

function describeRelease(begun: BegunBuild, work: ReleaseWork, size: Release['size']): Release {
  const { rootDir, projectDir, framework, manager, identity, cached } = begun;
  const { project, build } = work.request;
  const entry = callPlugin(framework, 'output', () =>
    framework.output(snapshotDirectory(projectDir, rootDir)),
  );
  return {
    formatVersion: 1,
    projectId: project.id,
    buildId: build.id,
    ...(build.deploymentId ? { deploymentId: build.deploymentId } : {}),
    framework: framework.name,
    entry,
    rootDir,
    projectDir,
    packageManager: manager.plugin.name,
    versions: identity?.tools ?? { node: process.version, packageManager: null },
    fingerprint: identity?.fingerprint ?? null,
    ...(cached ? { cachedFrom: cached.entry.buildId } : {}),
    durations: durationsOf(work),
    ...(size ? { size } : {}),
    createdAt: new Date().toISOString(),
  };
}

function durationsOf({ stages }: ReleaseWork): Partial<Record<BuildStageName, number>> {
  return Object.fromEntries(stages.ended().map(({ stage, durationMs }) => [stage, durationMs ?? 0]));
}

/** A release that is not known to the cache is as good as any other. */
async function remember(begun: BegunBuild, tree: readonly TreeEntry[], work: ReleaseWork): Promise<void> {
  const { identity, cached, rootDir, projectDir } = begun;
  const { request, folder, config, log } = work;
  if (!identity) return;
  const content = join(await realpath(dirname(folder)), basename(folder));
  try {
    await addEntry(cachePaths(config.buildDir), {
      entry: {
        fingerprint: identity.fingerprint,
        inputs: identity.inputs,
        projectId: request.project.id,
        buildId: request.build.id,
        deploymentId: request.build.deploymentId ?? null,
        content: basename(folder),
        rootPath: posix(relative(content, rootDir)),
        projectPath: posix(relative(rootDir, projectDir)),
      },
      tree,
      sourceFiles: cached ? await readSourceFiles(cached.entry) : await identity.content.hashes(),
      log: cached ? (await readLog(cached.entry)).join('\n') : log.text(),
    });
  } catch (error) {
    log.line(`Warning: this build is not cached: ${(error as Error).message}`);
  }
}

/** A build that wrote into its dependencies has left none that others may start from. */
async function rememberInstall(
  installed: Installed,
  tree: readonly TreeEntry[],
  { request, folder, config, log }: ReleaseWork,
): Promise<void> {
  if (compareTrees(installed.tree, tree).damaged.length > 0) return;
  const ids = { projectId: request.project.id, buildId: request.build.id, content: basename(folder) };
  try {
    await addInstall(cachePaths(config.buildDir), ids, installed);
  } catch (error) {
    log.line(`Warning: the dependencies of this build are not cached: ${(error as Error).message}`);
  }
}

function posix(path: string): string {
  return path.split(sep).join('/');
}

import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

import { callPlugin } from '@project-runner/core';
import type { PluginSet } from '@project-runner/core';

import { applyProjectOptions } from '../project-options/apply-project-options.ts';
import {
  hasProjectOptions,
  projectOptionsField,
  readProjectOptions,
} from '../project-options/read-project-options.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import type { RunningStage } from './build-stages.ts';
import { listEntries, readSourceFiles } from './cache/build-entry.ts';
import type { FoundEntry } from './cache/build-entry.ts';
import { cachePaths } from './cache/cache-paths.ts';
import type { CachePaths } from './cache/cache-paths.ts';
import { explainMiss } from './cache/explain-miss.ts';
import { findBuild } from './cache/find-build.ts';
import type { CachedBuild } from './cache/find-build.ts';
import { hashFile } from './cache/hash-tree.ts';
import { waitForLease } from './cache/wait-for-lease.ts';
import { detectProject } from './detect-project.ts';
import type { DetectedProject } from './detect-project.ts';
import { identifyBuild } from './identify-build.ts';
import type { BuildIdentity } from './identify-build.ts';
import { locateSource } from './locate-source.ts';
import type { LocatedSource } from './locate-source.ts';
import { lookAtSource } from './look-at-source.ts';
import type { ReleaseWork } from './make-release.ts';
import { prepareSource } from './prepare-source.ts';
import type { PreparedSource, Snapshot } from './prepare-source.ts';

/** A build whose files are there: to be built, or built already. */
export interface BegunBuild extends DetectedProject, PreparedSource {
  /** Those of this project. */
  plugins: PluginSet;
  /** What is known of it by the cache; `null` where that is off. */
  identity: BuildIdentity | null;
  /** The source, in the copy that is to be built; `null` where that was done before. */
  snapshot: Snapshot | null;
  cached: CachedBuild | null;
  /** Lets identical builds go on, and lets go of files of an earlier one. */
  end(): void;
}

/**
 * Gets the source and finds out how it is built, and whether that was done before.
 * @throws ProjectRunnerError of each of its steps; the signal's reason when it aborts
 */
export async function beginBuild(given: ReleaseWork, stage: RunningStage): Promise<BegunBuild> {
  const source = await locate(given);
  const work = { ...given, plugins: pluginsOf(source, given) };
  const detected = detect(source, work);
  // Made once, by whoever needs it first.
  let copy: Promise<Snapshot> | undefined;
  const makeCopy = (): Promise<Snapshot> =>
    (copy ??= realpath(work.folder).then((target) => prepareSource(source, target, work.signal)));
  if (work.config.cache === null) return makeAnew(await makeCopy(), null, work, () => undefined);
  const paths = cachePaths(work.config.buildDir);
  const identity = await identify(source, detected, { work, paths, makeCopy });
  const unlock = await takeTurn(identity, paths, work);
  try {
    const cached = work.request.options?.cache === false ? null : await find(identity, detected, paths, work);
    if (cached) {
      stage.markCached();
      return { ...useCached(cached, detected, identity, unlock), plugins: work.plugins };
    }
    await tellWhy(identity, paths, work);
    const snapshot = await makeCopy();
    const isSame = await isCopied(identity, source, snapshot);
    if (!isSame) work.log.line('This build will not be cached: the source changed while it was copied');
    return makeAnew(snapshot, isSame ? identity : null, work, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

function locate({
  config,
  plugins,
  request,
  folder,
  signal,
  onLateAnswer,
}: ReleaseWork): Promise<LocatedSource> {
  return locateSource(request.project, {
    source: request.source,
    targetDir: folder,
    buildDir: config.buildDir,
    managers: plugins.all('package-manager'),
    skipInstall: request.options?.skipInstall ?? false,
    signal,
    onLateAnswer,
  });
}

/** With what the project has set, as far as the host lets it. */
function pluginsOf(source: LocatedSource, { config, plugins, log }: ReleaseWork): PluginSet {
  const seen = lookAtSource(source.projectDir, source.rootDir, source);
  if (config.projectOptions.length === 0 && hasProjectOptions(seen)) {
    log.line(
      `Not used: the field "${projectOptionsField}" of package.json, since this host lets projects set nothing`,
    );
  }
  return applyProjectOptions(plugins, config, readProjectOptions(seen, config.projectOptions));
}

function detect(source: LocatedSource, { plugins, log }: ReleaseWork): DetectedProject {
  const detected = detectProject(source, plugins, (dir, root) => lookAtSource(dir, root, source));
  if (source.leftOut.length > 0) {
    log.line(`Left out, since the project does not depend on it: ${source.leftOut.join(', ')}`);
  }
  log.line(`Detected package manager: ${detected.manager.plugin.name}`);
  log.line(`Detected framework: ${detected.framework.name} (${detected.reason})`);
  return detected;
}

function identify(
  source: LocatedSource,
  detected: DetectedProject,
  { work, paths, makeCopy }: { work: ReleaseWork; paths: CachePaths; makeCopy(): Promise<Snapshot> },
): Promise<BuildIdentity> {
  const { framework, manager } = detected;
  const seen = lookAtSource(source.projectDir, source.rootDir, source);
  const plan = callPlugin(framework, 'build', () => framework.build(seen));
  const folder = async (): Promise<string> =>
    resolve((await makeCopy()).rootDir, relative(source.rootDir, manager.installDir));
  const question = { folder, mayAskManager: true, isKept: true };
  return identifyBuild({ work, paths, source, detected, plan, question });
}

/** Identical builds run one after the other, those of other runners, too: the first one builds, the rest have it then. */
async function takeTurn(
  { fingerprint }: BuildIdentity,
  paths: CachePaths,
  { request, signal, log, standBy }: ReleaseWork,
): Promise<() => void> {
  if (request.options?.cache === false) return () => undefined;
  const key = `build.${request.project.id}.${fingerprint.slice(0, 32)}`;
  let goOn = (): Promise<void> => Promise.resolve();
  const unlock = await waitForLease(paths.leases, key, {
    signal,
    everyMs: 50,
    onWait(pid) {
      log.line(`Waiting for an identical build${pid === null ? '' : ` of process ${pid}`}`);
      goOn = standBy();
    },
  });
  try {
    await goOn();
    return unlock;
  } catch (error) {
    unlock();
    throw error;
  }
}

async function find(
  { fingerprint }: BuildIdentity,
  { framework }: DetectedProject,
  paths: CachePaths,
  { folder, request, signal, log }: ReleaseWork,
): Promise<CachedBuild | null> {
  const projectBuilds = dirname(folder);
  await mkdir(projectBuilds, { recursive: true });
  const mayShare = (content: string, { rootPath, projectPath }: FoundEntry): boolean => {
    const root = join(content, rootPath);
    const release = snapshotDirectory(join(root, projectPath), root);
    return callPlugin(framework, 'start', () => framework.start(release)).cwd === 'data';
  };
  return findBuild({
    paths,
    projectBuilds: await realpath(projectBuilds),
    projectId: request.project.id,
    deploymentId: request.build.deploymentId ?? null,
    target: folder,
    fingerprint,
    signal,
    onLine: log.line,
    mayShare,
  });
}

async function tellWhy(identity: BuildIdentity, paths: CachePaths, work: ReleaseWork): Promise<void> {
  const { log, request } = work;
  if (request.options?.cache === false) return log.line('Not cached: the cache is not to be used');
  const entries = await listEntries(paths, request.project.id);
  const before = entries.find((entry) => entry.deploymentId === request.build.deploymentId) ?? entries[0];
  if (!before) return log.line('Not cached: no earlier build of this project is in the cache');
  const reasons = explainMiss(
    { inputs: before.inputs, files: await readSourceFiles(before) },
    { inputs: identity.inputs, files: await identity.content.hashes() },
  );
  for (const reason of reasons) log.line(`Not cached: ${reason}`);
}

/** Whether what was copied is what was looked at before. */
async function isCopied(
  { content }: BuildIdentity,
  source: LocatedSource,
  { treeDir, entries }: Snapshot,
): Promise<boolean> {
  if (source.isOurs) return true;
  if (entries !== source.entries) return false;
  const hashes = await content.hashes();
  // In the others a change would have shown.
  const young = entries.filter(({ path }) => content.young.has(path));
  for (const { path, size } of young) {
    if (!hashes.get(path)?.endsWith(await hashFile(join(treeDir, path), size))) return false;
  }
  return true;
}

function makeAnew(
  snapshot: Snapshot,
  identity: BuildIdentity | null,
  { plugins }: ReleaseWork,
  end: () => void,
): BegunBuild {
  const { rootDir, projectDir } = snapshot;
  const detected = detectProject(snapshot, plugins);
  return { ...detected, plugins, rootDir, projectDir, identity, snapshot, cached: null, end };
}

function useCached(
  cached: CachedBuild,
  { framework, reason, manager }: DetectedProject,
  identity: BuildIdentity,
  unlock: () => void,
): Omit<BegunBuild, 'plugins'> {
  const rootDir = join(cached.content, cached.entry.rootPath);
  return {
    framework,
    reason,
    manager,
    rootDir,
    projectDir: join(rootDir, cached.entry.projectPath),
    identity,
    snapshot: null,
    cached,
    end: () => {
      cached.end();
      unlock();
    },
  };
}

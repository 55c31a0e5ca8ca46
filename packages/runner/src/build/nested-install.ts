import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

import type { BuildPlan, NestedInstall } from '@project-runner/core';

import type { BegunBuild } from './begin-build.ts';
import { dropEntry } from './cache/build-entry.ts';
import { cachePaths } from './cache/cache-paths.ts';
import type { CachePaths } from './cache/cache-paths.ts';
import { keepEntry } from './cache/compare-trees.ts';
import { findInstalls } from './cache/install-entry.ts';
import type { Installed } from './cache/install-entry.ts';
import { restoreInstall } from './cache/restore-install.ts';
import { walkTree } from './cache/walk-tree.ts';
import { checkNestedInstall } from './check-nested-install.ts';
import type { ReleaseWork } from './make-release.ts';

export interface NestedInstallOptions {
  begun: BegunBuild;
  work: ReleaseWork;
  /** What the runner installed before the build; `null`: the cache knows nothing of it. */
  installed: Installed | null;
  plan: BuildPlan;
  /** Variables of the build. */
  env: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, string>>;

/** A nested install of the build that is going on. */
interface Nested extends NestedInstall {
  /** The first half of its fingerprint: the dependencies it starts from. The other half is its package.json. */
  key: string;
  /** Its folder. */
  at: string;
  paths: CachePaths;
  work: ReleaseWork;
}

/**
 * Builds, and leaves the install out that the build itself would run, where an earlier build ran it for the same
 * dependencies. What it needs is known only afterwards, from the package.json that the build writes: where that is
 * another one, the build runs once more, as a whole. Answers what the cache may keep of that install.
 * @throws what `run` throws; ProjectRunnerError `PLUGIN_INVALID`; the signal's reason; Error of the file system
 */
export async function buildWithNestedInstall(
  { begun, work, installed, plan, env }: NestedInstallOptions,
  run: (env: Variables) => Promise<void>,
): Promise<Installed | null> {
  const nested = plan.nestedInstall && checkNestedInstall(begun.framework, plan.nestedInstall);
  // Somebody who sets such a variable himself has decided.
  if (!nested || !installed || Object.keys(nested.skipEnv).some((name) => env[name] !== undefined)) {
    await run(env);
    return null;
  }
  const { request, config } = work;
  const all: Nested = {
    ...nested,
    key: hash(JSON.stringify(['nested', installed.fingerprint, nested.dir])),
    at: join(begun.projectDir, nested.dir),
    paths: cachePaths(config.buildDir),
    work,
  };
  const known =
    request.options?.cache === false ? [] : await findInstalls(all.paths, request.project.id, all.key);
  if (known.length === 0) {
    await run(env);
    return describe(all, await readManifest(all));
  }
  return buildWithout(all, env, run);
}

async function buildWithout(
  nested: Nested,
  env: Variables,
  run: (env: Variables) => Promise<void>,
): Promise<Installed | null> {
  const { dir, skipEnv, work, paths } = nested;
  const { log, request } = work;
  log.line(`Leaving out the install that the build runs in ${dir}: an earlier one had the same dependencies`);
  await run({ ...env, ...skipEnv });
  const wanted = await readManifest(nested);
  if (wanted !== null) {
    // A build that installs all the same has all it needs.
    const isThere = (await made(nested)).length > 0;
    if (isThere || (await restore(nested, wanted))) return describe(nested, wanted);
  }
  log.line(`Building again with the install in ${dir}: its package.json is another one than before`);
  await run(env);
  const manifest = await readManifest(nested);
  if (manifest === wanted) return describe(nested, manifest);
  // Its install writes into package.json: it would be built twice each time.
  for (const entry of await findInstalls(paths, request.project.id, nested.key))
    await dropEntry(paths, entry);
  return null;
}

async function restore({ key, dir, paths, work }: Nested, manifest: string): Promise<boolean> {
  const { folder, request, signal, log } = work;
  const found = await restoreInstall({
    paths,
    projectBuilds: await realpath(dirname(folder)),
    projectId: request.project.id,
    treeDir: await realpath(folder),
    fingerprint: key + hash(manifest),
    signal,
    onLine: log.line,
  });
  if (found)
    log.line(`The dependencies in ${dir} are those of build ${found.buildId}: nothing was installed`);
  return found !== null;
}

async function describe(nested: Nested, manifest: string | null): Promise<Installed | null> {
  if (manifest === null) return null;
  const entries = await made(nested);
  const place = relative(await realpath(nested.work.folder), await realpath(nested.at)).split(sep);
  if (entries.length === 0 || place[0] === '..') return null;
  return {
    fingerprint: nested.key + hash(manifest),
    tree: entries.map((entry) => keepEntry({ ...entry, path: [...place, entry.path].join('/') })),
    bytes: entries.reduce((sum, { size }) => sum + size, 0),
    log: [],
  };
}

/** What the install added, and all below it. */
async function made({ at, adds, work }: Nested): ReturnType<typeof walkTree> {
  const skip = (path: string): boolean => !adds.includes(path.split('/', 1)[0] ?? '');
  return walkTree(at, { signal: work.signal, skip });
}

/** `null`: the build wrote none, so nothing is installed there. */
async function readManifest({ at }: Nested): Promise<string | null> {
  try {
    return await readFile(join(at, 'package.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

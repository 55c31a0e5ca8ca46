import { mkdir, realpath, rm, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';

import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type { PackageManagerPlugin, PackageManifest, Project, ProjectSource } from '@project-runner/core';

import { detectPackageManager } from '../detect/detect-package-manager.ts';
import { findWorkspaceRoot } from '../detect/find-workspace-root.ts';
import { readManifest } from '../detect/read-manifest.ts';
import { readWorkspace } from '../workspace/read-workspace.ts';
import { workspaceNeeds } from '../workspace/workspace-needs.ts';
import type { WorkspaceNeeds } from '../workspace/workspace-needs.ts';
import { inParallel } from './cache/in-parallel.ts';
import { walkTree } from './cache/walk-tree.ts';
import type { TreeEntry, WalkOptions } from './cache/walk-tree.ts';
import { realpathOrSelf, refuseEscapingFile, targetInside } from './escaping-links.ts';
import { orAborted } from './on-abort.ts';
import { readIgnoreFiles } from './read-ignore-files.ts';

/** The files of a project where its source has them. Paths are real. */
export interface LocatedSource {
  /** Everything that belongs to it is below this folder. */
  treeDir: string;
  /** The workspace root where the project is a member of one, else the project. */
  rootDir: string;
  projectDir: string;
  /** The source made a copy for this build: it is built in as it is. */
  isOurs: boolean;
  entries: readonly TreeEntry[];
  /** What of `treeDir` does not belong to it. */
  skip: NonNullable<WalkOptions['skip']>;
  /** Members of the workspace that the project does not need; relative to the root. */
  leftOut: readonly string[];
  /** The package manager wants to see manifests of those, too. */
  needsStubs: boolean;
}

export interface LocateSourceOptions {
  source: ProjectSource;
  targetDir: string;
  /** Never copied, because copies are made in it. */
  buildDir: string;
  managers: readonly PackageManagerPlugin[];
  /** Dependencies are taken as they are, so they are copied, too. */
  skipInstall: boolean;
  signal: AbortSignal;
  /** The source settled after the signal had aborted: it may have written into `targetDir` until now. */
  onLateAnswer(): void;
}

/** What a build makes anew. Without a build script they are the product and are kept. */
const buildOutputs = ['.next', 'dist', '.turbo', '.mastra', '.output', '.nuxt', '.svelte-kit'];

/**
 * Asks the source for the files, and looks at what is there. `targetDir` is empty before.
 * @throws ProjectRunnerError `SOURCE_FAILED`, `SOURCE_CHANGED`, `PROJECT_NOT_FOUND`, `MANIFEST_MISSING`,
 * `MANIFEST_INVALID`, `SYMLINK_ESCAPES`
 * @throws the signal's reason when it aborts, whatever the source does
 */
export async function locateSource(project: Project, options: LocateSourceOptions): Promise<LocatedSource> {
  const { targetDir } = options;
  await rm(targetDir, { recursive: true, force: true });
  await mkdir(targetDir, { recursive: true });
  const answer = await askSource(project, options);
  const path = await existingFolder(answer);
  const target = await realpath(targetDir);
  const isOurs = isInside(path, target) || isInside(resolve(answer), targetDir);
  return isOurs ? locateOurs(path, target, options) : locateTheirs(path, options);
}

async function locateOurs(
  projectDir: string,
  treeDir: string,
  { signal, managers }: LocateSourceOptions,
): Promise<LocatedSource> {
  // Nothing in Git's own folder becomes part of a server.
  const skip = (_: string, name: string): boolean => name === '.git';
  const entries = await walkTree(treeDir, { signal, skip });
  // Before anything is read: what a link leads to could be quoted in an error.
  await refuseLinks(treeDir, entries);
  requireManifest(projectDir);
  const rootDir = findWorkspaceRoot(projectDir, managers, treeDir);
  return { treeDir, rootDir, projectDir, isOurs: true, entries, skip, leftOut: [], needsStubs: false };
}

async function locateTheirs(projectDir: string, options: LocateSourceOptions): Promise<LocatedSource> {
  const { managers, signal } = options;
  const treeDir = findWorkspaceRoot(projectDir, managers);
  await refuseEscapingFile(join(projectDir, 'package.json'), treeDir);
  const manifest = requireManifest(projectDir);
  const places = await exclusions(projectDir, manifest, options);
  const { unneeded, built } = await needsOf(projectDir, treeDir, places, options);
  for (const { dir } of built) for (const name of buildOutputs) places.add(join(dir, name));
  for (const { dir } of unneeded) {
    places.add(dir);
    // Not copied, but its manifest may be looked at.
    await refuseEscapingFile(dir, treeDir);
    await refuseEscapingFile(join(dir, 'package.json'), treeDir);
  }
  const skip = skipper(treeDir, projectDir, places, options.skipInstall);
  const entries = await walkTree(treeDir, { signal, skip });
  await refuseLinks(treeDir, entries);
  const leftOut = unneeded.map(({ dir }) => relative(treeDir, dir));
  const needsStubs = leftOut.length > 0 && !toleratesMissingMembers(projectDir, treeDir, managers);
  return { treeDir, rootDir: treeDir, projectDir, isOurs: false, entries, skip, leftOut, needsStubs };
}

/** Without an install everything is used as it is. */
async function needsOf(
  path: string,
  root: string,
  skip: ReadonlySet<string>,
  { managers, signal, skipInstall }: LocateSourceOptions,
): Promise<WorkspaceNeeds> {
  if (root === path || skipInstall) return { unneeded: [], built: [] };
  return workspaceNeeds(await readWorkspace(root, { managers, signal, skip }), path);
}

function toleratesMissingMembers(
  path: string,
  root: string,
  managers: readonly PackageManagerPlugin[],
): boolean {
  const { plugin, version } = detectPackageManager(path, managers, root);
  return (
    callPlugin(plugin, 'toleratesMissingMembers', () =>
      plugin.toleratesMissingMembers?.(version ? { version } : {}),
    ) ?? false
  );
}

async function refuseLinks(root: string, entries: readonly TreeEntry[]): Promise<void> {
  const links = entries.filter(({ kind }) => kind === 'link');
  await inParallel(links, 8, async ({ path }) => void (await targetInside(join(root, path), root)));
}

/** Absolute paths that are never copied. */
async function exclusions(
  projectDir: string,
  manifest: PackageManifest,
  { buildDir }: LocateSourceOptions,
): Promise<Set<string>> {
  // Only the project's own: a `dist` further down, or of another member of the workspace, is nobody's to make anew.
  const outputs =
    manifest.scripts.build === undefined ? [] : buildOutputs.map((name) => join(projectDir, name));
  return new Set([...outputs, buildDir, await realpathOrSelf(buildDir)]);
}

function skipper(
  treeDir: string,
  projectDir: string,
  places: ReadonlySet<string>,
  skipInstall: boolean,
): LocatedSource['skip'] {
  const paths = new Set([...places].map((place) => relative(treeDir, place).split(sep).join('/')));
  const names = new Set(skipInstall ? ['.git'] : ['.git', 'node_modules']);
  const isIgnored = readIgnoreFiles(treeDir, projectDir);
  return (path, name, isFolder) => names.has(name) || paths.has(path) || isIgnored(path, isFolder);
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}
function requireManifest(path: string): PackageManifest {
  const manifest = readManifest(path);
  if (manifest) return manifest;
  throw new ProjectRunnerError('MANIFEST_MISSING', `${path} has no package.json`, {
    hint: 'Point the project at the folder that holds its package.json',
  });
}

async function askSource(project: Project, options: LocateSourceOptions): Promise<string> {
  const { signal, onLateAnswer } = options;
  const answer = callSource(project, options);
  try {
    return await orAborted(answer, signal);
  } catch (error) {
    if (signal.aborted) void answer.then(onLateAnswer, onLateAnswer);
    throw error;
  }
}

async function callSource(project: Project, { source, targetDir }: LocateSourceOptions): Promise<string> {
  const { id, name, sourceType: type, sourceConfig: config } = project;
  const path = 'path' in config ? config.path : config.repoFullName;
  try {
    return await source.getProjectPath({ id, name, type, path }, targetDir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProjectRunnerError('SOURCE_FAILED', `The source could not provide ${name}: ${reason}`, {
      cause: error,
    });
  }
}

async function existingFolder(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path);
  } catch (error) {
    throw notFound(path, error);
  }
  throw notFound(path, undefined);
}

function notFound(path: string, cause: unknown): ProjectRunnerError {
  return new ProjectRunnerError(
    'PROJECT_NOT_FOUND',
    `The project's folder ${path} is not there or is no folder`,
    { cause },
  );
}

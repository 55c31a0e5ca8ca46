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
import { writeStub } from '../workspace/write-stub.ts';
import { copyProject } from './copy-project.ts';
import { realpathOrSelf, refuseEscapingFile, refuseEscapingLinks } from './escaping-links.ts';
import { orAborted } from './on-abort.ts';

export interface PreparedSource {
  /** The copy to build in: the workspace root where the project is a member of one, else the project. */
  rootDir: string;
  projectDir: string;
  /** Members of the workspace that were not copied, because the project does not need them; relative. */
  leftOut: readonly string[];
}

export interface PrepareSourceOptions {
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
const buildOutputs = ['.next', 'dist', '.turbo', '.mastra'];

/**
 * Asks the source for the files and copies them to `targetDir`, unless the source put them there.
 * @throws ProjectRunnerError `SOURCE_FAILED`, `PROJECT_NOT_FOUND`, `MANIFEST_MISSING`, `MANIFEST_INVALID`, `SYMLINK_ESCAPES`
 * @throws the signal's reason when it aborts, whatever the source does
 */
export async function prepareSource(
  project: Project,
  options: PrepareSourceOptions,
): Promise<PreparedSource> {
  const { targetDir, managers, signal } = options;
  await rm(targetDir, { recursive: true, force: true });
  await mkdir(targetDir, { recursive: true });
  const answer = await askSource(project, options);
  const path = await existingFolder(answer);
  const target = await realpath(targetDir);
  if (isInside(path, target) || isInside(resolve(answer), targetDir)) {
    // Before anything is read: what a link leads to could be quoted in an error.
    await refuseEscapingLinks(target, signal);
    requireManifest(path);
    return { rootDir: findWorkspaceRoot(path, managers, target), projectDir: path, leftOut: [] };
  }
  const root = findWorkspaceRoot(path, managers);
  await refuseEscapingFile(join(path, 'package.json'), root);
  const manifest = requireManifest(path);
  const { exclude, excludePaths } = await exclusions(path, manifest, options);
  const { unneeded, built } = await needsOf(path, root, excludePaths, options);
  for (const { dir } of built) for (const name of buildOutputs) excludePaths.add(join(dir, name));
  for (const { dir } of unneeded) excludePaths.add(dir);
  await copyProject(root, target, { exclude, excludePaths, signal });
  const leftOut = unneeded.map(({ dir }) => relative(root, dir));
  if (!toleratesMissingMembers(path, root, managers)) {
    for (const member of leftOut) await writeStub(join(root, member), join(target, member));
  }
  return { rootDir: target, projectDir: resolve(target, relative(root, path)), leftOut };
}

/** Without an install everything is used as it is. */
async function needsOf(
  path: string,
  root: string,
  skip: ReadonlySet<string>,
  { managers, signal, skipInstall }: PrepareSourceOptions,
): Promise<WorkspaceNeeds> {
  if (root === path || skipInstall) return { unneeded: [], built: [] };
  return workspaceNeeds(await readWorkspace(root, { managers, signal, skip }), path);
}

function toleratesMissingMembers(
  path: string,
  root: string,
  managers: readonly PackageManagerPlugin[],
): boolean {
  if (root === path) return true;
  const { plugin, version } = detectPackageManager(path, managers, root);
  return (
    callPlugin(plugin, 'toleratesMissingMembers', () =>
      plugin.toleratesMissingMembers?.(version ? { version } : {}),
    ) ?? false
  );
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

async function exclusions(
  path: string,
  manifest: PackageManifest,
  { buildDir, skipInstall }: PrepareSourceOptions,
): Promise<{ exclude: Set<string>; excludePaths: Set<string> }> {
  // Only the project's own: a `dist` further down, or of another member of the workspace, is nobody's to make anew.
  const outputs = manifest.scripts.build === undefined ? [] : buildOutputs.map((name) => join(path, name));
  return {
    exclude: new Set(skipInstall ? ['.git'] : ['.git', 'node_modules']),
    excludePaths: new Set([...outputs, buildDir, await realpathOrSelf(buildDir)]),
  };
}

async function askSource(project: Project, options: PrepareSourceOptions): Promise<string> {
  const { signal, onLateAnswer } = options;
  const answer = callSource(project, options);
  try {
    return await orAborted(answer, signal);
  } catch (error) {
    if (signal.aborted) void answer.then(onLateAnswer, onLateAnswer);
    throw error;
  }
}

async function callSource(project: Project, { source, targetDir }: PrepareSourceOptions): Promise<string> {
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

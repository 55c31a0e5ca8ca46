import { mkdir, realpath, rm, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { PackageManagerPlugin, Project, ProjectSource } from '@project-runner/core';

import { findWorkspaceRoot } from '../detect/find-workspace-root.ts';
import { readManifest } from '../detect/read-manifest.ts';
import { copyProject } from './copy-project.ts';

export interface PreparedSource {
  /** The copy to build in: the workspace root where the project is a member of one, else the project. */
  rootDir: string;
  projectDir: string;
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
}

const alwaysExcluded = ['.git'];
/** What a build makes anew. Without a build script they are the product and are kept. */
const buildOutputs = ['.next', 'dist', '.turbo', '.mastra'];

/**
 * Asks the source for the files and copies them to `targetDir`, unless the source put them there.
 * @throws ProjectRunnerError `SOURCE_FAILED`, `PROJECT_NOT_FOUND`, `MANIFEST_MISSING`, `MANIFEST_INVALID`, `SYMLINK_ESCAPES`
 */
export async function prepareSource(
  project: Project,
  options: PrepareSourceOptions,
): Promise<PreparedSource> {
  const { targetDir } = options;
  await rm(targetDir, { recursive: true, force: true });
  await mkdir(targetDir, { recursive: true });
  const path = await askSource(project, options);
  const manifest = readManifest(path);
  if (!manifest) {
    throw new ProjectRunnerError('MANIFEST_MISSING', `${path} has no package.json`, {
      hint: 'Point the project at the folder that holds its package.json',
    });
  }
  const target = await realpath(targetDir);
  if (path === target || path.startsWith(target + sep)) {
    const root = findWorkspaceRoot(path, options.managers);
    const inside = root === target || root.startsWith(target + sep);
    return { rootDir: inside ? root : path, projectDir: path };
  }
  const root = findWorkspaceRoot(path, options.managers);
  const exclude = new Set(alwaysExcluded);
  if (!options.skipInstall) exclude.add('node_modules');
  if (manifest.scripts.build !== undefined) for (const name of buildOutputs) exclude.add(name);
  await copyProject(root, target, {
    exclude,
    excludePaths: [options.buildDir],
    signal: options.signal,
  });
  return { rootDir: target, projectDir: resolve(target, relative(root, path)) };
}

async function askSource(project: Project, { source, targetDir }: PrepareSourceOptions): Promise<string> {
  const config = project.sourceConfig;
  const path = 'path' in config ? config.path : config.repoFullName;
  let answer: string;
  try {
    answer = await source.getProjectPath(
      { id: project.id, name: project.name, type: project.sourceType, path },
      targetDir,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProjectRunnerError('SOURCE_FAILED', `The source could not provide ${project.name}: ${reason}`, {
      cause: error,
    });
  }
  try {
    if ((await stat(answer)).isDirectory()) return await realpath(answer);
  } catch (error) {
    throw notFound(answer, error);
  }
  throw notFound(answer, undefined);
}

function notFound(path: string, cause: unknown): ProjectRunnerError {
  return new ProjectRunnerError(
    'PROJECT_NOT_FOUND',
    `The project's folder ${path} is not there or is no folder`,
    { cause },
  );
}

import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

/** What a build leaves, and all that a deployment needs to know of it. Kept as `release.json` beside the files. */
export interface Release {
  formatVersion: 1;
  projectId: string;
  buildId: string;
  /** Name of the framework plugin that built it. */
  framework: string;
  /** The copy that was built: the workspace root, or the project. Absolute. */
  rootDir: string;
  /** The project in it. Absolute. */
  projectDir: string;
  packageManager: string;
  createdAt: string;
}

/** The folder of a build. Ids are part of a path here, so they may not be one themselves. */
export function releaseDir(buildDir: string, projectId: string, buildId: string): string {
  for (const [name, id] of Object.entries({ 'project.id': projectId, 'build.id': buildId })) {
    if (typeof id !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) {
      throw new TypeError(`${name} must be letters, digits, ".", "_" and "-"; found ${JSON.stringify(id)}`);
    }
  }
  return join(buildDir, projectId, buildId);
}

/** By rename, so that a release is there wholly or not at all. */
export async function writeRelease(dir: string, release: Release): Promise<void> {
  const file = manifestOf(dir);
  await writeFile(`${file}.tmp`, `${JSON.stringify(release, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

/** A build that starts again has no release until it has succeeded. */
export async function removeRelease(dir: string): Promise<void> {
  await rm(manifestOf(dir), { force: true });
}

/** Removes the files of a build that has no release; the log beside them stays. */
export async function removeUnreleased(dir: string): Promise<void> {
  if (existsSync(manifestOf(dir))) return;
  // A process that outlived the build may still write into it, which is worth another try.
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}

/** @throws ProjectRunnerError `RELEASE_MISSING` */
export async function readRelease(dir: string): Promise<Release> {
  const file = manifestOf(dir);
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as Partial<Release>;
    if (value.formatVersion === 1 && value.projectDir && value.rootDir && value.framework)
      return value as Release;
    throw new Error('it is not a release manifest of this version');
  } catch (error) {
    throw new ProjectRunnerError('RELEASE_MISSING', `there is no built release at ${dir}`, {
      cause: error,
      hint: 'Build the project first; a build that failed cannot be deployed',
    });
  }
}

/** Beside the folder, not in it: the folder belongs to the project. */
function manifestOf(dir: string): string {
  return `${dir}.release.json`;
}

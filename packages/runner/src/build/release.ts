import { existsSync } from 'node:fs';
import { readdir, readFile, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { BuildStageName } from '@project-runner/core';

import { writeWhole } from './cache/write-whole.ts';

/** What a build leaves, and all that a deployment needs to know of it. Kept as `release.json` beside the files. */
export interface Release {
  formatVersion: 1;
  projectId: string;
  buildId: string;
  /** Name of the framework plugin that built it. */
  framework: string;
  /** The copy that was built: the workspace root, or the project. Absolute. Identical builds have one in common. */
  rootDir: string;
  /** The project in it. Absolute. */
  projectDir: string;
  packageManager: string;
  createdAt: string;
  // Releases of earlier runners have none of the following.
  deploymentId?: string;
  /** The file that is started, relative to the project; `null` where only a wrapper knows it. */
  entry?: string | null;
  versions?: { node: string; packageManager: string | null };
  /** Of all that it was built from; `null` where the cache is off. */
  fingerprint?: string | null;
  /** The earlier build whose files these are. */
  cachedFrom?: string;
  /** Of each stage before this was written, in ms. */
  durations?: Partial<Record<BuildStageName, number>>;
  size?: { files: number; bytes: number };
}

const ending = '.release.json';

/** The folder of a build. Ids are part of a path here, so they may not be one themselves. */
export function releaseDir(buildDir: string, projectId: string, buildId: string): string {
  for (const [name, id] of Object.entries({ 'project.id': projectId, 'build.id': buildId })) {
    if (typeof id !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) {
      throw new TypeError(`${name} must be letters, digits, ".", "_" and "-"; found ${JSON.stringify(id)}`);
    }
  }
  return join(buildDir, projectId, buildId);
}

/** A release is there wholly or not at all. @throws Error of the file system */
export async function writeRelease(dir: string, release: Release): Promise<void> {
  await writeWhole(manifestOf(dir), `${JSON.stringify(release, null, 2)}\n`);
}

/** A build that starts again has no release until it has succeeded. */
export async function removeRelease(dir: string): Promise<void> {
  await rm(manifestOf(dir), { force: true });
}

/** Whether a build has succeeded, and was not begun again since. */
export function hasRelease(dir: string): boolean {
  return existsSync(manifestOf(dir));
}

/** @throws ProjectRunnerError `RELEASE_MISSING` */
export async function readRelease(dir: string): Promise<Release> {
  const file = manifestOf(dir);
  try {
    const release = parseRelease(await readFile(file, 'utf8'));
    if (!existsSync(release.projectDir)) throw new Error(`its files in ${release.projectDir} are gone`);
    return release;
  } catch (error) {
    throw new ProjectRunnerError('RELEASE_MISSING', `there is no built release at ${dir}`, {
      cause: error,
      hint: 'Build the project first; a build that failed cannot be deployed',
    });
  }
}

/** The releases in the folder of a project, the newest first. What cannot be read is none. */
export async function readReleases(projectDir: string): Promise<Release[]> {
  const names = await readdir(projectDir).catch(() => []);
  const dirs = names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
  const found = await Promise.all(
    dirs.map((name) => readRelease(join(projectDir, name)).catch(() => undefined)),
  );
  return found
    .filter((release) => release !== undefined)
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** Whether a release, of whichever build, has its files in this folder. */
export async function hasFilesOfRelease(dir: string): Promise<boolean> {
  if (!existsSync(dir)) return false;
  // Of the folder itself: what its name leads to may be the files of another build.
  const real = join(await realpath(dirname(dir)), basename(dir));
  const releases = await readReleases(dirname(dir));
  return releases.some(({ rootDir }) => rootDir === real || rootDir.startsWith(real + sep));
}

function parseRelease(text: string): Release {
  const value = JSON.parse(text) as Partial<Release> | null;
  if (value?.formatVersion !== 1) {
    throw new Error(`it has formatVersion ${JSON.stringify(value?.formatVersion)}; this runner reads 1`);
  }
  const { projectDir, rootDir, framework, buildId, createdAt } = value;
  const texts = [projectDir, rootDir, framework, buildId, createdAt];
  if (texts.every((item) => typeof item === 'string' && item !== '')) return value as Release;
  throw new Error('it is no release manifest');
}

/** Beside the folder, not in it: the folder belongs to the project. */
function manifestOf(dir: string): string {
  return dir + ending;
}

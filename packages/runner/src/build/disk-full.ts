import { statfs } from 'node:fs/promises';

import { ProjectRunnerError } from '@project-runner/core';

/** A disk with less than that is full for any build, in bytes. */
const fullBelow = 1024 * 1024;
/** Failures of programs, which say it in their own words or not at all. */
const ofPrograms = new Set([
  'INSTALL_FAILED',
  'BUILD_FAILED',
  'OUTPUT_MISSING',
  'PACKAGE_MANAGER_NOT_INSTALLED',
]);

/** The error, or `DISK_FULL` with it as the cause where that is what it comes from. Never rejects. */
export async function explainDiskFull(error: unknown, buildDir: string): Promise<unknown> {
  if (!(saysFull(error) || (isOfProgram(error) && (await isFull(buildDir))))) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ProjectRunnerError('DISK_FULL', `There is no space left for builds in ${buildDir}: ${message}`, {
    cause: error,
    hint: 'Make room, or lower keepReleases and cache.maxSizeMb; earlier releases can still be deployed',
  });
}

function saysFull(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  }
  return false;
}

function isOfProgram(error: unknown): boolean {
  return ProjectRunnerError.is(error) && ofPrograms.has(error.code);
}

async function isFull(dir: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize < fullBelow;
  } catch {
    return false;
  }
}

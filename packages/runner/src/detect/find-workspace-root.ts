import { dirname, relative, sep } from 'node:path';

import type { PackageManagerPlugin } from '@project-runner/core';
import { callPlugin } from '@project-runner/core';
import picomatch from 'picomatch';

import { snapshotDirectory } from './snapshot-directory.ts';

/**
 * The root of the workspace that a project is a member of; the project's own folder where it is in none. A workspace
 * further up that does not name the project is somebody else's. Nothing above `limit` is looked at: what is there is the
 * host's, whose patterns may well match a build folder by accident.
 */
export function findWorkspaceRoot(
  projectDir: string,
  managers: readonly PackageManagerPlugin[],
  limit?: string,
): string {
  if (projectDir === limit) return projectDir;
  for (let dir = dirname(projectDir); dir !== dirname(dir); dir = dirname(dir)) {
    const patterns = workspacePatterns(dir, managers);
    if (patterns && isMember(relative(dir, projectDir), patterns)) return dir;
    if (dir === limit) break;
  }
  return projectDir;
}

function workspacePatterns(dir: string, managers: readonly PackageManagerPlugin[]): string[] | undefined {
  let directory;
  try {
    directory = snapshotDirectory(dir);
  } catch {
    // A broken package.json somewhere above the project says nothing about the project.
    return undefined;
  }
  const patterns = managers.flatMap(
    (manager) => callPlugin(manager, 'workspacePatterns', () => manager.workspacePatterns?.(directory)) ?? [],
  );
  return patterns.length > 0 ? patterns : undefined;
}

function isMember(path: string, patterns: readonly string[]): boolean {
  const name = path.split(sep).join('/');
  const clean = (pattern: string): string => pattern.replace(/^\.\//, '').replace(/\/$/, '');
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!')).map(clean);
  const unwanted = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => clean(pattern.slice(1)));
  return picomatch(wanted)(name) && !(unwanted.length > 0 && picomatch(unwanted)(name));
}

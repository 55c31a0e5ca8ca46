import { dirname, relative, sep } from 'node:path';

import type { PackageManagerPlugin } from '@project-runner/core';

import { workspacePatterns } from '../workspace/workspace-patterns.ts';

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
    const path = relative(dir, projectDir).split(sep).join('/');
    if (workspacePatterns(dir, managers)?.matches(path)) return dir;
    if (dir === limit) break;
  }
  return projectDir;
}

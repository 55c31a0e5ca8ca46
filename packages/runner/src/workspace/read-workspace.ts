import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import type { PackageManagerPlugin, PackageManifest } from '@project-runner/core';

import { readManifest } from '../detect/read-manifest.ts';
import { workspacePatterns } from './workspace-patterns.ts';

/** A package of a workspace. */
export interface WorkspaceMember {
  /** Absolute. */
  dir: string;
  manifest: PackageManifest;
}

export interface Workspace {
  /** The root is a package, too; absent where it has no package.json. */
  root: WorkspaceMember | undefined;
  members: readonly WorkspaceMember[];
}

export interface ReadWorkspaceOptions {
  managers: readonly PackageManagerPlugin[];
  /** Absolute paths that are not looked into. */
  skip?: ReadonlySet<string>;
  signal: AbortSignal;
}

/** The packages of a workspace, as its patterns name them. One whose package.json does not parse is none. */
export async function readWorkspace(rootDir: string, options: ReadWorkspaceOptions): Promise<Workspace> {
  const patterns = workspacePatterns(rootDir, options.managers);
  const members: WorkspaceMember[] = [];
  const visit = async (dir: string, level: number): Promise<void> => {
    options.signal.throwIfAborted();
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      const isLookedAt = entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.');
      if (!isLookedAt || options.skip?.has(path)) continue;
      const isMember = patterns?.matches(relative(rootDir, path).split(sep).join('/'));
      const member = isMember ? readMember(path) : undefined;
      if (member) members.push(member);
      if (level < (patterns?.depth ?? 0)) await visit(path, level + 1);
    }
  };
  if (patterns && patterns.depth > 0) await visit(rootDir, 1);
  return { root: readMember(rootDir), members };
}

function readMember(dir: string): WorkspaceMember | undefined {
  try {
    const manifest = readManifest(dir);
    return manifest && { dir, manifest };
  } catch {
    // The package manager will complain of it, if it needs it.
    return undefined;
  }
}

import { sep } from 'node:path';

import { inBuildOrder, memberDependencies } from './member-dependencies.ts';
import type { Workspace, WorkspaceMember } from './read-workspace.ts';

export interface WorkspaceNeeds {
  /** Members that neither the project nor the root depends on. */
  unneeded: readonly WorkspaceMember[];
  /** Members that are built before the project. */
  built: readonly WorkspaceMember[];
}

/** What a project needs of its workspace. The root's dependencies count as well: they are installed in any case. */
export function workspaceNeeds(workspace: Workspace, projectDir: string): WorkspaceNeeds {
  const project = workspace.members.find(({ dir }) => dir === projectDir);
  if (!project) return { unneeded: [], built: [] };
  const dependenciesOf = memberDependencies(workspace);
  const packages = workspace.root ? [project, workspace.root] : [project];
  const needed = [project, ...inBuildOrder(packages, dependenciesOf)];
  const isPartOf = (inner: string, outer: string): boolean => inner.startsWith(outer + sep);
  const unneeded = workspace.members.filter(
    (member) =>
      !needed.includes(member) &&
      // A package inside of another one: neither can be had without the other's folder.
      !needed.some(({ dir }) => isPartOf(dir, member.dir) || isPartOf(member.dir, dir)),
  );
  return { unneeded, built: inBuildOrder([project], dependenciesOf).filter(hasBuild) };
}

export function hasBuild({ manifest }: WorkspaceMember): boolean {
  return Object.hasOwn(manifest.scripts, 'build');
}

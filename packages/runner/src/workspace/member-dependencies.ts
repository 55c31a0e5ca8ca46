import { resolve } from 'node:path';

import type { Workspace, WorkspaceMember } from './read-workspace.ts';

/** A member that another one names among its dependencies. */
export interface MemberDependency {
  /** The name in `node_modules`. */
  name: string;
  /** What stands behind the name: `workspace:*`, `^1.0.0`. */
  range: string;
  member: WorkspaceMember;
}

/** Answers which members a package depends on, as far as its manifest tells. */
export function memberDependencies(
  workspace: Workspace,
): (of: WorkspaceMember) => readonly MemberDependency[] {
  const { root, members } = workspace;
  const byName = new Map(members.map((member) => [member.manifest.name, member]));
  const byDir = new Map(members.map((member) => [member.dir, member]));

  const find = (from: string, name: string, range: string): WorkspaceMember | undefined => {
    const [, protocol, rest = ''] = /^(workspace|file|link|portal|npm):(.*)$/s.exec(range) ?? [];
    if (protocol === undefined) return byName.get(name);
    const byPath = byDir.get(resolve(from, rest)) ?? (root && byDir.get(resolve(root.dir, rest)));
    if (byPath || !/^(workspace|npm)$/.test(protocol)) return byPath;
    // `workspace:@acme/lib@*`: another name for it.
    const alias = /^(@?[^@]+)@/.exec(rest)?.[1];
    return byName.get(alias ?? name);
  };

  return ({ dir, manifest }) => {
    const { dependencies, devDependencies, optionalDependencies = {}, peerDependencies = {} } = manifest;
    const ranges = [dependencies, devDependencies, optionalDependencies, peerDependencies];
    return ranges.flatMap(Object.entries<string>).flatMap(([name, range]) => {
      const member = find(dir, name, range);
      return member && member.dir !== dir ? [{ name, range, member }] : [];
    });
  };
}

/**
 * All that these packages depend on, each after what it depends on itself; without the packages themselves. Where packages
 * depend on each other, one of them has to be first.
 */
export function inBuildOrder(
  packages: readonly WorkspaceMember[],
  dependenciesOf: (of: WorkspaceMember) => readonly { member: WorkspaceMember }[],
): WorkspaceMember[] {
  const seen = new Set<string>(packages.map(({ dir }) => dir));
  const order: WorkspaceMember[] = [];
  const visit = (member: WorkspaceMember): void => {
    for (const dependency of dependenciesOf(member)) {
      if (seen.has(dependency.member.dir)) continue;
      seen.add(dependency.member.dir);
      visit(dependency.member);
      order.push(dependency.member);
    }
  };
  for (const member of packages) visit(member);
  return order;
}

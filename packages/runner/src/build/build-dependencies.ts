import { realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import type { PackageManagerPlugin } from '@project-runner/core';

import { findTurbo } from '../workspace/find-turbo.ts';
import { inBuildOrder, memberDependencies } from '../workspace/member-dependencies.ts';
import type { MemberDependency } from '../workspace/member-dependencies.ts';
import { readWorkspace } from '../workspace/read-workspace.ts';
import type { WorkspaceMember } from '../workspace/read-workspace.ts';
import { hasBuild } from '../workspace/workspace-needs.ts';
import { runBuildTool, runScript } from './run-build-script.ts';
import type { RunBuildScriptOptions } from './run-build-script.ts';

export interface BuildDependenciesOptions extends Omit<RunBuildScriptOptions, 'cwd'> {
  rootDir: string;
  projectDir: string;
  managers: readonly PackageManagerPlugin[];
}

/**
 * Builds the members of the workspace that the project depends on: by turbo where the workspace uses it, otherwise one
 * `build` script after the other. Answers whether the project itself was built with them.
 * @throws ProjectRunnerError `BUILD_FAILED`, `PACKAGE_MANAGER_NOT_INSTALLED`, `PLUGIN_INVALID`
 */
export async function buildDependencies(options: BuildDependenciesOptions): Promise<boolean> {
  const { rootDir, projectDir, plan } = options;
  if (rootDir === projectDir) return false;
  const isWhole = plan.script !== undefined;
  const members = await membersToBuild(options);
  const script = plan.script ?? 'build';
  const turbo = findTurbo({ rootDir, projectDir, script, dependenciesOnly: !isWhole });
  if (turbo && (isWhole || members.length > 0)) {
    await runBuildTool(turbo, { ...options, cwd: rootDir });
    return isWhole;
  }
  for (const { dir } of members) {
    const path = relative(rootDir, dir);
    options.onLine(`Building ${path}, which the project depends on`);
    await runScript('build', { ...options, cwd: dir, where: path });
  }
  return false;
}

async function membersToBuild({
  rootDir,
  projectDir,
  managers,
  signal,
}: BuildDependenciesOptions): Promise<WorkspaceMember[]> {
  const workspace = await readWorkspace(rootDir, { managers, signal });
  const project = workspace.members.find(({ dir }) => dir === projectDir);
  if (!project) return [];
  const named = memberDependencies(workspace);
  const linked = (of: WorkspaceMember): MemberDependency[] =>
    named(of).filter((dependency) => isLinked(of.dir, dependency, rootDir));
  return inBuildOrder([project], linked).filter(hasBuild);
}

/** A range may also have been answered by a package of that name from the registry, which needs no build. */
function isLinked(from: string, { name, range, member }: MemberDependency, rootDir: string): boolean {
  if (/^(workspace|file|link|portal):/.test(range)) return true;
  for (let dir = from; ; dir = dirname(dir)) {
    const real = realpathOrNull(join(dir, 'node_modules', name));
    if (real !== null) return real === member.dir;
    if (dir === rootDir || dir === dirname(dir)) return true;
  }
}

function realpathOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

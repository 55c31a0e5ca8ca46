import { callPlugin } from '@project-runner/core';
import type { BuildPlan, Command, DirectorySnapshot, InstallOptions } from '@project-runner/core';

import { checkCommand } from '../build/check-command.ts';
import { buildVariables } from '../build/build-variables.ts';
import { lookAtSource } from '../build/look-at-source.ts';
import { readManifest } from '../detect/read-manifest.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { withoutUserInfo } from '../without-user-info.ts';
import type { ExplainedProject } from './explained-project.ts';
import type { ExplainedCommand, ProjectExplanation } from './project-explanation.ts';

type BuildExplanation = Pick<
  ProjectExplanation,
  'dir' | 'name' | 'workspaceRoot' | 'leftOut' | 'packageManager' | 'framework' | 'install' | 'build'
>;

/** What is there of a package manager. */
export interface FoundManager {
  /** The version; `null`: see `reason`. */
  found: string | null;
  reason: string | null;
}

/** How a project is built. */
export function explainBuild(
  project: ExplainedProject,
  { found, reason: foundReason }: FoundManager,
): BuildExplanation {
  const { source, manager, framework, reason, options } = project;
  const { projectDir, rootDir, leftOut } = source;
  return {
    dir: projectDir,
    name: options.name ?? '',
    workspaceRoot: rootDir === projectDir ? null : rootDir,
    leftOut,
    packageManager: {
      name: manager.plugin.name,
      reason: manager.reason,
      declaredIn: declaredIn(project),
      wanted: manager.version === undefined ? null : withoutUserInfo(manager.version),
      found,
      foundReason,
      lockfile: manager.lockfile ?? null,
      installDir: manager.installDir,
    },
    framework: { name: framework.name, reason },
    install: explainInstall(project, found),
    build: explainScript(project),
  };
}

/** The field of package.json that names it, of the project's or of its workspace's. */
function declaredIn({ source, manager }: ExplainedProject): string | null {
  for (const dir of [source.projectDir, source.rootDir]) {
    const declared = readManifest(dir)?.declaredPackageManager;
    if (declared?.name === manager.plugin.name) return declared.field;
  }
  return null;
}

/** How the project is built, as its framework says. */
export function planOf({ framework, source }: ExplainedProject): BuildPlan {
  return callPlugin(framework, 'build', () => framework.build(seen({ source })));
}

/** What a build would be told. */
export function buildEnv(project: ExplainedProject): Record<string, string> {
  const { config, records, options } = project;
  return buildVariables(config, { project: records.project, options }, planOf(project).env);
}

/** A command without the values of its variables. */
export function describeCommand({ file, args, env = {} }: Command, cwd: string): ExplainedCommand {
  return { file, args, cwd, env: Object.keys(env).toSorted() };
}

/** The project as a build sees it. */
export function seen({ source }: Pick<ExplainedProject, 'source'>): DirectorySnapshot {
  return lookAtSource(source.projectDir, source.rootDir, source);
}

function explainInstall(
  { manager, config, options }: ExplainedProject,
  version: string | null,
): ProjectExplanation['install'] {
  if (options.skipInstall) return null;
  const { plugin, installDir, lockfile } = manager;
  const directory = snapshotDirectory(installDir);
  const known = version ?? manager.version;
  const how: InstallOptions = {
    frozen: lockfile !== undefined,
    allowScripts: config.allowInstallScripts,
    standalone: !callPlugin(plugin, 'workspacePatterns', () => plugin.workspacePatterns?.(directory)),
    ...(known === undefined ? {} : { version: known }),
  };
  const answer = callPlugin(plugin, 'install', () => plugin.install(how));
  const command = describeCommand(checkCommand(plugin, 'install', answer), installDir);
  return { ...command, frozen: how.frozen, installScripts: how.allowScripts };
}

function explainScript(project: ExplainedProject): ProjectExplanation['build'] {
  const { manager, source } = project;
  const plan = planOf(project);
  const output = outputOf(project);
  const { plugin, version } = manager;
  const run = (script: string): Command =>
    checkCommand(
      plugin,
      'run',
      callPlugin(plugin, 'run', () => plugin.run(script, [], version ? { version } : {})),
    );
  const command = plan.script === undefined ? plan.command : run(plan.script);
  return {
    script: plan.script ?? null,
    command: command ? describeCommand(command, source.projectDir) : null,
    ...output,
  };
}

/** Frameworks may need what the build leaves behind to know. */
export function outputOf(
  project: ExplainedProject,
): Pick<ProjectExplanation['build'], 'output' | 'outputReason'> {
  const { framework } = project;
  try {
    const output = callPlugin(framework, 'output', () => framework.output(seen(project)));
    return { output, outputReason: null };
  } catch (error) {
    return { output: null, outputReason: error instanceof Error ? error.message : String(error) };
  }
}

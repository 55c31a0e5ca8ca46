import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { DeclaredPackageManager } from '@project-runner/core';

import type { ToolQuestion } from '../build/build-tools.ts';
import { readManifest } from '../detect/read-manifest.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { buildEnvironment } from '../environment/base-environment.ts';
import type { ExplainedProject } from './explained-project.ts';

/**
 * Files of a project can have a package manager run code of the project (`yarn-path` of yarn 1), which is for a build to
 * do: asked in a folder that only names the package manager as the project does, without the variables of the user. An
 * answer that may differ from a build's is not kept.
 */
export function askManager(project: ExplainedProject, path: string | undefined): ToolQuestion {
  const folder = async (): Promise<string> => {
    const dir = await mkdtemp(join(project.temp, 'ask-'));
    const declared = declaredWhereAsked(project);
    if (declared) await writeFile(join(dir, 'package.json'), JSON.stringify(manifestOf(declared)));
    return dir;
  };
  const env = { ...buildEnvironment(), ...(path === undefined ? {} : { PATH: path }) };
  return { folder, env, mayAskManager: whyNotAsked(project) === null, isKept: false };
}

/** Why the package manager may not be asked for its version; `null`: it may. */
export function whyNotAsked(project: ExplainedProject): string | null {
  if (bringsItsOwn(project))
    return 'not asked: the project brings its own (yarnPath), which only a build runs';
  const version = declaredWhereAsked(project)?.version;
  // It may also be an address, which the like of corepack would fetch and run.
  return version === undefined || /^[\w.^~<>=|*\s+-]+$/.test(version)
    ? null
    : 'not asked: package.json names an address, which only a build fetches';
}

/** What the like of corepack goes by where a build asks, ranges that it refuses included. */
function declaredWhereAsked({ manager }: ExplainedProject): DeclaredPackageManager | undefined {
  const declared = readManifest(manager.installDir)?.declaredPackageManager;
  return declared?.name === manager.plugin.name ? declared : undefined;
}

function manifestOf({ field, name, version }: DeclaredPackageManager): object {
  return field === 'packageManager'
    ? { packageManager: version === undefined ? name : `${name}@${version}` }
    : { devEngines: { packageManager: { name, ...(version === undefined ? {} : { version }) } } };
}

/** A yarn in the repository, which only running it tells the version of. */
function bringsItsOwn({ source, manager }: ExplainedProject): boolean {
  if (manager.plugin.name !== 'yarn') return false;
  return [manager.installDir, source.projectDir].some((dir) => {
    const { read } = snapshotDirectory(dir);
    return ['.yarnrc', '.yarnrc.yml'].some((name) => /^\W*yarn-?path\W/im.test(read(name) ?? ''));
  });
}

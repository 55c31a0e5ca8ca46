import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ToolQuestion } from '../build/build-tools.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { buildEnvironment } from '../environment/base-environment.ts';
import { declaredFields, nameAddress } from './declared-fields.ts';
import type { ExplainedProject } from './explained-project.ts';

/**
 * Files of a project can have a package manager run code of the project (`yarn-path` of yarn 1), which is for a build to
 * do: asked in a folder that says of the package manager what the project does, and no more, without the variables of the user. An
 * answer that may differ from a build's is not kept.
 */
export function askManager(project: ExplainedProject, path: string | undefined): ToolQuestion {
  const folder = async (): Promise<string> => {
    const dir = await mkdtemp(join(project.temp, 'ask-'));
    const declared = declaredFields(project.manager.installDir);
    if (declared !== null) await writeFile(join(dir, 'package.json'), JSON.stringify(declared));
    return dir;
  };
  const env = { ...buildEnvironment(), ...(path === undefined ? {} : { PATH: path }) };
  return { folder, env, mayAskManager: whyNotAsked(project) === null, isKept: false };
}

/** Why the package manager may not be asked for its version; `null`: it may. */
export function whyNotAsked(project: ExplainedProject): string | null {
  if (bringsItsOwn(project))
    return 'not asked: the project brings its own (yarnPath), which only a build runs';
  const declared = declaredFields(project.manager.installDir);
  return declared !== null && nameAddress(declared)
    ? 'not asked: package.json names an address, which only a build fetches'
    : null;
}

/** A yarn in the repository, which only running it tells the version of. */
function bringsItsOwn({ source, manager }: ExplainedProject): boolean {
  if (manager.plugin.name !== 'yarn') return false;
  return [manager.installDir, source.projectDir].some((dir) => {
    const { read } = snapshotDirectory(dir);
    return ['.yarnrc', '.yarnrc.yml'].some((name) => /^\W*yarn-?path\W/im.test(read(name) ?? ''));
  });
}

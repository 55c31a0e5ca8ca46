import { ProjectRunnerError } from '@project-runner/core';
import { explainProgram, findProgram } from '@project-runner/launcher-local';

/** What runs a project. */
export interface RuntimeCommand {
  file: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

export interface RuntimeOptions {
  /** The host's own runtime: a path, or a name to be found on `PATH`. @default the Node that runs this process */
  resolveBin?(): string | Promise<string>;
  /** How a project is run with it. @default the program alone */
  spawnCommand?(bin: string, project: { projectId: string; dir: string }): RuntimeCommand;
}

/** The absolute path of a program that can be run. @throws ProjectRunnerError `SPAWN_FAILED` */
export async function findBin({ resolveBin }: RuntimeOptions): Promise<string> {
  const bin = resolveBin ? await resolveBin() : process.execPath;
  if (typeof bin !== 'string' || bin === '') {
    throw new TypeError(
      `resolveBin must answer a path or the name of a program; found ${JSON.stringify(bin)}`,
    );
  }
  const env = { PATH: process.env.PATH ?? '' };
  const found = findProgram({ file: bin, cwd: process.cwd(), env });
  if ('path' in found) return found.path;
  const { problem, hint } = explainProgram(bin, found.problem);
  throw new ProjectRunnerError('SPAWN_FAILED', `The runtime ${bin} cannot be run: ${problem}`, {
    hint: found.problem.kind === 'missing' ? 'Install it, or let resolveBin answer where it is' : hint,
  });
}

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

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
  const isPath = bin.includes('/') || isAbsolute(bin);
  const places = isPath
    ? [resolve(bin)]
    : (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, bin));
  let isForbidden = false;
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch (error) {
      isForbidden ||= (error as NodeJS.ErrnoException).code === 'EACCES';
    }
  }
  const where = isPath ? 'there is no such file' : 'there is no such program on PATH';
  throw new ProjectRunnerError(
    'SPAWN_FAILED',
    `The runtime ${bin} cannot be run: ${isForbidden ? 'the file is not executable' : where}`,
    { hint: isForbidden ? `Allow it: chmod +x ${bin}` : 'Install it, or let resolveBin answer where it is' },
  );
}

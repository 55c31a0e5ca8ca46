import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { LaunchSpec } from '@project-runner/core';

/** `ENOENT` of a spawn means a missing program or a missing folder; the user needs to know which. */
export function spawnFailed(spec: LaunchSpec, cause: unknown): ProjectRunnerError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
  const fail = (problem: string, hint: string): ProjectRunnerError =>
    new ProjectRunnerError('SPAWN_FAILED', `${spec.file} could not be started in ${spec.cwd}: ${problem}`, {
      cause,
      hint,
    });
  if (!isFolder(spec.cwd)) return fail('the folder is not there', 'Create the folder, or give another one');
  const found = findProgram(spec);
  if (found === 'missing') {
    return fail(
      isAbsolute(spec.file) ? 'there is no such file' : 'there is no such program on PATH',
      `Install ${spec.file}, or see that PATH names its folder`,
    );
  }
  if (found === 'forbidden') return fail('the file is not executable', `Allow it: chmod +x ${spec.file}`);
  return fail(code, 'See the cause for what the system said');
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether the program of a spec can be run, as `exec` would look for it. */
export function findProgram(spec: LaunchSpec): 'there' | 'missing' | 'forbidden' {
  const hasFolder = spec.file.includes('/');
  const folders = hasFolder ? [spec.cwd] : (spec.env.PATH ?? '').split(':');
  let result: 'missing' | 'forbidden' = 'missing';
  for (const folder of folders) {
    const path = isAbsolute(spec.file) ? spec.file : join(folder, spec.file);
    try {
      accessSync(path, constants.X_OK);
      return 'there';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') result = 'forbidden';
    }
  }
  return result;
}

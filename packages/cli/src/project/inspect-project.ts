import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

export interface InspectedProject {
  /** Absolute, without symlinks, so that a folder has one identity whichever way it is named. */
  dir: string;
  /** From package.json, else the folder's name. */
  name: string;
}

/** @throws ProjectRunnerError `PROJECT_NOT_FOUND`, `MANIFEST_MISSING`, `MANIFEST_INVALID` */
export function inspectProject(path: string, cwd: string): InspectedProject {
  const given = resolve(cwd, path);
  const found = statSync(given, { throwIfNoEntry: false });
  if (!found) {
    throw new ProjectRunnerError('PROJECT_NOT_FOUND', `There is no folder ${given}`, {
      hint: 'Name the folder that holds the package.json',
    });
  }
  if (!found.isDirectory()) {
    throw new ProjectRunnerError(
      'PROJECT_NOT_FOUND',
      `${given} is a file, expected the folder of a project`,
      {
        hint: 'Name the folder that holds the package.json',
      },
    );
  }
  const dir = realpathSync(given);
  return { dir, name: readName(dir) ?? basename(dir) };
}

function readName(dir: string): string | undefined {
  const file = join(dir, 'package.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ProjectRunnerError('MANIFEST_MISSING', `${dir} has no package.json that can be read`, {
      cause: error,
      hint: 'Name the folder that holds the package.json, or make one with npm init',
    });
  }
  const manifest = parse(text, file);
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) {
    throw new ProjectRunnerError('MANIFEST_INVALID', `${file} must hold a JSON object`, {
      hint: 'The least is { "name": "my-server", "scripts": { "start": "node server.js" } }',
    });
  }
  const { name } = manifest as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function parse(text: string, file: string): unknown {
  try {
    // npm and Node accept a byte order mark here.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ProjectRunnerError(
      'MANIFEST_INVALID',
      `${file} is not valid JSON: ${(error as Error).message}`,
      { cause: error, hint: 'Mend the file at that place' },
    );
  }
}

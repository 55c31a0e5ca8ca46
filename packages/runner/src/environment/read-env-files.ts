import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { ProjectRunnerError } from '@project-runner/core';

const files = ['.env', '.env.production'] as const;

/**
 * The project's own variables: `.env`, then `.env.production` over it. Parsed by Node's own parser, never executed.
 * @throws ProjectRunnerError `ENV_FILE_INVALID` for a file that is there and cannot be read
 */
export async function readEnvFiles(dir: string): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const name of files) {
    const text = await readIfThere(join(dir, name));
    // A byte order mark would become part of the first name.
    if (text !== undefined) Object.assign(variables, parseEnv(text.replace(/^\uFEFF/, '')));
  }
  return variables;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ProjectRunnerError('ENV_FILE_INVALID', `${file} cannot be read`, {
      cause: error,
      hint: 'Make it a readable file, or set envFiles to false',
    });
  }
}

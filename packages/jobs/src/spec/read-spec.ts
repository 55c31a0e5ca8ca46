import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

import type { JobSpec, ResolvedJobSpec } from '../job-spec.ts';
import { resolveSpec } from './resolve-spec.ts';

/**
 * Reads a spec: an object, or the path of a YAML or JSON file.
 * @throws ProjectRunnerError `CONFIG_INVALID` with file, line, column and key
 */
export async function readSpec(
  spec: JobSpec | string,
  cwd: string = process.cwd(),
): Promise<ResolvedJobSpec> {
  if (typeof spec !== 'string') {
    return resolveSpec(spec, { dir: cwd, name: 'job', locate: (path) => path.join('.') });
  }
  const file = resolve(cwd, spec);
  // Loaded where it is needed: a host that has its specs as objects has no use for it.
  const { parsePositioned } = await import('./parse-positioned.ts');
  const { value, locate } = parsePositioned(await readText(file), spec);
  return resolveSpec(value, { dir: dirname(file), name: nameOf(file), locate });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const problem = isMissing ? 'there is no such file' : String((cause as Error).message);
    throw new ProjectRunnerError('CONFIG_INVALID', `${file}: ${problem}`, {
      cause,
      hint: 'Name a YAML or JSON file with a command in it',
    });
  }
}

function nameOf(file: string): string {
  return basename(file, extname(file)).replaceAll(/[^\w.-]/g, '-') || 'job';
}

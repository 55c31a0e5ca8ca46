import { join, relative, sep } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import ignore from 'ignore';
import type { Ignore } from 'ignore';

import { readRegularFile } from '../detect/read-regular-file.ts';

const fileName = '.projectrunnerignore';
const maxBytes = 1024 * 1024;

/**
 * What the project does not want to be built with, in the syntax of gitignore: files at the root of its workspace and in
 * the project itself. `path` is relative to the root.
 * @throws ProjectRunnerError `PROJECT_NOT_FOUND` for a file that cannot be read
 */
export function readIgnoreFiles(
  rootDir: string,
  projectDir: string,
): (path: string, isFolder: boolean) => boolean {
  const places = [...new Set([rootDir, projectDir])].flatMap((dir) => {
    const rules = readRules(join(dir, fileName));
    const base = relative(rootDir, dir).split(sep).join('/');
    return rules ? [{ rules, prefix: base === '' ? '' : `${base}/` }] : [];
  });
  return (path, isFolder) =>
    places.some(({ rules, prefix }) => {
      if (!path.startsWith(prefix) || path.length === prefix.length) return false;
      return rules.ignores(path.slice(prefix.length) + (isFolder ? '/' : ''));
    });
}

function readRules(file: string): Ignore | null {
  try {
    return ignore().add(readRegularFile(file, maxBytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new ProjectRunnerError('PROJECT_NOT_FOUND', `${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

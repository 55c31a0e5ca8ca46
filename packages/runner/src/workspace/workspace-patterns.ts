import { callPlugin } from '@project-runner/core';
import type { PackageManagerPlugin } from '@project-runner/core';
import picomatch from 'picomatch';

import { snapshotDirectory } from '../detect/snapshot-directory.ts';

/** Which folders below the root of a workspace are its members. */
export interface WorkspacePatterns {
  /** Of a path relative to the root, with `/`. */
  matches(path: string): boolean;
  /** How many folders deep members may lie. */
  readonly depth: number;
}

/** More than anybody writes. */
const maxPatterns = 1000;
const maxLength = 256;

/** What the folder says of its members; `undefined` where it is no root of a workspace. */
export function workspacePatterns(
  dir: string,
  managers: readonly PackageManagerPlugin[],
): WorkspacePatterns | undefined {
  let directory;
  try {
    directory = snapshotDirectory(dir);
  } catch {
    // A broken package.json somewhere above the project says nothing about the project.
    return undefined;
  }
  const patterns = managers.flatMap(
    (manager) => callPlugin(manager, 'workspacePatterns', () => manager.workspacePatterns?.(directory)) ?? [],
  );
  return patterns.length > 0 ? compile(patterns) : undefined;
}

function compile(patterns: readonly string[]): WorkspacePatterns {
  const usable = patterns.slice(0, maxPatterns).filter(isHarmless);
  const clean = (pattern: string): string => pattern.replace(/^\.\//, '').replace(/\/+$/, '');
  const wanted = usable.filter((pattern) => !pattern.startsWith('!')).map(clean);
  const unwanted = usable
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => clean(pattern.slice(1)))
    .filter((pattern) => pattern !== '');
  const isWanted = picomatch(wanted, options);
  const isUnwanted = unwanted.length > 0 ? picomatch(unwanted, options) : () => false;
  return {
    matches: (path) => isWanted(path) && !isUnwanted(path),
    depth: Math.max(0, ...wanted.map(depthOf)),
  };
}

const options = { noextglob: true } as const;

/**
 * A pattern becomes a regular expression, and one with many stars in a row of characters takes for ever to say no: the
 * pattern is a stranger's, and everybody else's builds would wait.
 */
function isHarmless(pattern: string): boolean {
  if (pattern === '' || pattern.length > maxLength) return false;
  const segments = pattern.split('/');
  const stars = (text: string): number => text.split('*').length - 1;
  const globstars = segments.filter((segment) => segment.includes('**')).length;
  return globstars <= 3 && segments.every((segment) => stars(segment) <= 3);
}

function depthOf(pattern: string): number {
  return pattern.includes('**') ? Infinity : pattern.split('/').length;
}

import { posix } from 'node:path';

import type { DirectorySnapshot } from '@project-runner/core';

const endings = ['', '.js', '.mjs', '.cjs'];

/** The file that Node would run for `node <path>`, relative to the project; `null` where there is none. */
export function resolveEntry(project: DirectorySnapshot, path: string): string | null {
  const clean = posix.normalize(path).replace(/\/$/, '');
  if (clean.startsWith('..') || posix.isAbsolute(clean)) return null;
  // A folder answers `has`, too, but has no text.
  const file = endings.map((ending) => clean + ending).find((name) => project.read(name) !== undefined);
  if (file) return file;
  const main = clean === '.' ? project.manifest?.main : mainOf(project, clean);
  const candidates = [...(main ? [posix.join(clean, main)] : []), posix.join(clean, 'index')];
  for (const candidate of candidates) {
    const found = endings
      .map((ending) => candidate + ending)
      .find((name) => project.read(name) !== undefined);
    if (found) return found;
  }
  return null;
}

function mainOf(project: DirectorySnapshot, folder: string): string | undefined {
  const text = project.read(`${folder}/package.json`);
  if (text === undefined) return undefined;
  try {
    const { main } = JSON.parse(text) as { main?: unknown };
    return typeof main === 'string' ? main : undefined;
  } catch {
    // Node would fail on it; the folder's index is the next best guess.
    return undefined;
  }
}

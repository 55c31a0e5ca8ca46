import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

import { shortHash } from './cache-paths.ts';
import { readJson } from './read-json.ts';
import { writeWhole } from './write-whole.ts';

export interface ToolVersionOptions {
  /** Name of the program, or its path. */
  file: string;
  /** Where it is looked for. */
  path: string;
  /** What in the project may make a wrapper choose another version. */
  context: string;
  /** Folder of what is known. */
  memory: string;
}

interface KnownVersion {
  formatVersion: 1;
  version: string;
}

/** How far above a program its package.json is looked for. */
const maxLevels = 3;

/**
 * The version of a program without running it, which takes package managers up to half a second: as long as its file and
 * the package around it are the same, so is its version. `null`: not known yet, or not there.
 */
export async function knownVersion(options: ToolVersionOptions): Promise<string | null> {
  const file = await memoryFile(options);
  const known = file === null ? null : await readJson<KnownVersion>(file);
  return known?.formatVersion === 1 && typeof known.version === 'string' ? known.version : null;
}

/** A disk that is full makes the next build ask again. */
export async function rememberVersion(options: ToolVersionOptions, version: string): Promise<void> {
  const file = await memoryFile(options);
  const known: KnownVersion = { formatVersion: 1, version };
  if (file !== null) await writeWhole(file, JSON.stringify(known)).catch(() => undefined);
}

/** The real path of a program on a `PATH`; `null` where there is none. */
export async function findProgram(file: string, path: string): Promise<string | null> {
  const candidates = isAbsolute(file) ? [file] : path.split(delimiter).map((dir) => join(dir, file));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      if ((await stat(candidate)).isFile()) return await realpath(candidate);
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return null;
}

async function memoryFile({ file, path, context, memory }: ToolVersionOptions): Promise<string | null> {
  const program = await findProgram(file, path);
  if (program === null) return null;
  const identity = [program, await look(program), await lookAround(program), context, process.version];
  return join(memory, `${shortHash(identity.join('\0'))}.json`);
}

/** A package that was replaced may have the same launcher as before. */
async function lookAround(program: string): Promise<string> {
  let dir = dirname(program);
  for (let level = 0; level < maxLevels; level += 1, dir = dirname(dir)) {
    const found = await look(join(dir, 'package.json'));
    if (found !== '') return found;
  }
  return '';
}

async function look(file: string): Promise<string> {
  try {
    const { size, mtimeNs, ino } = await stat(file, { bigint: true });
    return `${size} ${mtimeNs} ${ino}`;
  } catch {
    return '';
  }
}

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { socketPlaces } from './socket-places.ts';

/** Where a server may listen so that only this user reaches it. */
export interface PrivateSocket {
  path: string;
  /** What may be left of it. Never throws. */
  remove(): void;
}

/** `sun_path` takes 103 bytes on macOS and 107 on Linux; a strategy may add a few to the name. */
const maxBytes = 96;
const fileName = 'http';

/**
 * In the folder of the run or, where that path is too long or there is none, in a folder of its own in one of `places`, the
 * first that can be had. `null` where none can. `name`: of the server and its run, for nobody else.
 */
export function privateSocket(
  dir: string | undefined,
  name: string,
  places: readonly string[] = socketPlaces(),
): PrivateSocket | null {
  const inRun = dir === undefined ? null : join(dir, fileName);
  if (inRun !== null && Buffer.byteLength(inRun) <= maxBytes) {
    return { path: inRun, remove: () => removeQuietly(inRun) };
  }
  for (const place of places) {
    const own = join(place, folderName(name));
    const path = join(own, fileName);
    const isPossible = Buffer.byteLength(path) <= maxBytes && isOurs(place) && isOurs(own);
    if (isPossible) return { path, remove: () => removeQuietly(own) };
  }
  return null;
}

/**
 * Removes what an earlier runner made for a run that is over. What is in the folder of the run goes with that one. Never
 * throws.
 */
export function removeLeftSocket(path: string, name: string): void {
  const own = dirname(path);
  // A path that was read from a file must not say what else is removed.
  if (basename(path) === fileName && basename(own) === folderName(name)) removeQuietly(own);
}

/** Short, since the whole path has to be. */
function folderName(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 12);
}

/** Whoever else made it could see or replace what is in it. */
function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It is a name without a server, and goes with the temporary files.
  }
}

import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a server may listen so that only this user reaches it. */
export interface PrivateSocket {
  path: string;
  /** What may be left of it. Never throws. */
  remove(): void;
}

/** `sun_path` takes 103 bytes on macOS and 107 on Linux; a strategy may add a few to the name. */
const maxBytes = 96;

/**
 * In the folder of the run or, where that path is too long or there is none, in a folder of the user among the temporary
 * files. `null` where neither can be had.
 */
export function privateSocket(
  dir: string | undefined,
  name: string,
  temporary: string = tmpdir(),
): PrivateSocket | null {
  const inRun = dir === undefined ? null : join(dir, 'http');
  if (inRun !== null && Buffer.byteLength(inRun) <= maxBytes) {
    return { path: inRun, remove: () => removeQuietly(inRun) };
  }
  const shared = join(temporary, `project-runner-${process.getuid?.() ?? 'user'}`);
  const own = join(shared, name);
  const path = join(own, 'http');
  const isPossible = Buffer.byteLength(path) <= maxBytes && isOurs(shared) && isOurs(own);
  return isPossible ? { path, remove: () => removeQuietly(own) } : null;
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

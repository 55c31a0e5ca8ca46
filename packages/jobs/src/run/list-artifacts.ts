import { createHash } from 'node:crypto';
import { constants, lstatSync, readdirSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { JobArtifact } from '../job-result.ts';

/** A job that leaves more files than this left them by mistake; the rest stays where it is, unlisted. */
const maxArtifacts = 10_000;
/** No link is followed, and no pipe waited for. Not on Windows. */
const openFlags =
  constants.O_RDONLY |
  ((constants.O_NOFOLLOW as number | undefined) ?? 0) |
  ((constants.O_NONBLOCK as number | undefined) ?? 0);

/** Files below a folder, in the order of their paths. Links are left out, also in place of the folder: they may lead anywhere. */
export async function listArtifacts(dir: string): Promise<JobArtifact[]> {
  if (isEmpty(dir)) return [];
  const artifacts: JobArtifact[] = [];
  for await (const path of filesBelow(dir)) {
    if (artifacts.length === maxArtifacts) break;
    const artifact = await describe(dir, path);
    if (artifact) artifacts.push(artifact);
  }
  return artifacts;
}

/** As most are: then nothing is waited for. */
function isEmpty(dir: string): boolean {
  try {
    return !lstatSync(dir).isDirectory() || readdirSync(dir).length === 0;
  } catch {
    // The job removed it, or took its rights away.
    return true;
  }
}

/** Relative to the folder. */
async function* filesBelow(dir: string): AsyncGenerator<string> {
  /** Still to come, the next one last. That of a folder ends with a slash, so all are in the order of whole paths. */
  const ahead = [''];
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    if (path !== '' && !path.endsWith('/')) yield path;
    else for (const name of await namesIn(join(dir, path))) ahead.push(`${path}${name}`);
  }
}

/** Of files and folders, the last one first; none of a folder that cannot be read, or whose path is too long. */
async function namesIn(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    const wanted = entries.filter((entry) => entry.isFile() || entry.isDirectory());
    return wanted
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .toSorted()
      .toReversed();
  } catch {
    return [];
  }
}

/** `null` for one that cannot be read. */
async function describe(dir: string, path: string): Promise<JobArtifact | null> {
  const hash = createHash('sha256');
  let size = 0;
  let file: FileHandle | null = null;
  try {
    file = await open(join(dir, path), openFlags);
    if (!(await file.stat()).isFile()) return null;
    for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      hash.update(chunk);
    }
  } catch {
    // Removed by somebody, or not readable for its owner: a result must not fail for it.
    return null;
  } finally {
    await file?.close();
  }
  return { path, size, sha256: hash.digest('hex') };
}

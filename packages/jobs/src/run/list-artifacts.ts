import { createHash } from 'node:crypto';
import { constants, lstatSync, readdirSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

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
  const entries = await listFiles(dir);
  const paths = entries
    .map((file) => relative(dir, file))
    .toSorted()
    .slice(0, maxArtifacts);
  const artifacts: JobArtifact[] = [];
  for (const path of paths) {
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

async function listFiles(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    // The job removed it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
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
  return { path: path.split(sep).join('/'), size, sha256: hash.digest('hex') };
}

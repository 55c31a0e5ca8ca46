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

/** Some seconds of work. */
const maxHashedBytes = 1024 ** 3;
const chunkBytes = 1024 * 1024;

export interface ListOptions {
  /** The rest has no digest. @default 1 GiB */
  maxBytes?: number;
  /** From then on nothing has a digest. */
  hurry?: AbortSignal;
  /** Ends all. */
  leaving?: AbortSignal;
}

/**
 * Files below a folder, in the order of their paths. Links are left out, also in place of the folder: they may lead anywhere.
 * @throws the reason of `leaving`
 */
export async function listArtifacts(dir: string, options: ListOptions = {}): Promise<JobArtifact[]> {
  if (isEmpty(dir)) return [];
  const { maxBytes = maxHashedBytes, hurry, leaving } = options;
  const artifacts: JobArtifact[] = [];
  let left = maxBytes;
  const signals = [hurry, leaving].filter((signal) => signal !== undefined);
  for await (const path of filesBelow(dir)) {
    leaving?.throwIfAborted();
    if (artifacts.length === maxArtifacts) break;
    const artifact = await describe(join(dir, path), path, left, signals);
    if (!artifact) continue;
    artifacts.push(artifact);
    if (artifact.sha256 !== null) left -= artifact.size;
  }
  leaving?.throwIfAborted();
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
async function describe(
  file: string,
  path: string,
  maxBytes: number,
  signals: readonly AbortSignal[],
): Promise<JobArtifact | null> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(file, openFlags);
    const stat = await handle.stat();
    if (!stat.isFile()) return null;
    return { path, size: stat.size, sha256: await digest(handle, stat.size, maxBytes, signals) };
  } catch {
    // Removed by somebody, or not readable for its owner: a result must not fail for it.
    return null;
  } finally {
    await handle?.close();
  }
}

/** Of as much as the file has; `null` where that is too much, or a signal aborts. */
async function digest(
  file: FileHandle,
  size: number,
  maxBytes: number,
  signals: readonly AbortSignal[],
): Promise<string | null> {
  if (size > maxBytes) return null;
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(size, chunkBytes));
  for (let at = 0; at < size;) {
    if (signals.some(({ aborted }) => aborted)) return null;
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) return null;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest('hex');
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The log of a server, as it lies in a folder of `logsFile`. */
export interface KeptLog {
  serverId: string;
  dir: string;
  /** What is in its folder, by name; folders end with `/`. */
  files: readonly string[];
  /** When something was last written to it, in ms. */
  lastWrite: number;
}

/**
 * The logs in a folder of `logsFile`, one after the other; `before`, in ms: only those not written to since. What goes
 * meanwhile is left out; a folder that is not there has none.
 * @throws Error of the file system
 */
export async function* listLogs(
  dir: string,
  before: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<KeptLog> {
  for (const { name, isFolder } of (await entriesOf(dir)) ?? []) {
    const log = join(dir, name);
    // A file that was appended to leaves the folder's own time as it is, one that was made does not.
    if (!isFolder || (await writtenAt(log)) >= before) continue;
    const entries = await entriesOf(log);
    if (!entries) continue;
    const times = await Promise.all(
      ['.', ...entries.map((entry) => entry.name)].map((each) => writtenAt(join(log, each))),
    );
    const lastWrite = Math.max(...times);
    if (lastWrite >= before) continue;
    const files = entries.map((entry) => (entry.isFolder ? `${entry.name}/` : entry.name));
    yield { serverId: name, dir: log, files, lastWrite };
  }
}

async function entriesOf(dir: string): Promise<{ name: string; isFolder: boolean }[] | null> {
  const entries = await orIfGone(readdir(dir, { withFileTypes: true }), null);
  return entries && entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
}

/** In ms, 0 for what is gone; what a symbolic link leads to counts. */
async function writtenAt(path: string): Promise<number> {
  return (await orIfGone(stat(path), null))?.mtimeMs ?? 0;
}

async function orIfGone<T, F>(promise: Promise<T>, fallback: F): Promise<T | F> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return fallback;
    throw error;
  }
}

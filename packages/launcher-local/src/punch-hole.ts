import { execFile } from 'node:child_process';

/** Whether `fallocate` of util-linux is there and the file system can; found out by the first try. */
let works: boolean | null = null;

/**
 * Gives the blocks of a file from `start` to `end` back; offsets stay as they are. `false` where that cannot be had.
 * Node has no call for it, so it is a short process, worth it for megabytes only.
 */
export async function punchHole(file: string, start: number, end: number): Promise<boolean> {
  if (works === false || process.platform !== 'linux') return false;
  const ok = await new Promise<boolean>((resolve) => {
    const args = ['--punch-hole', '--offset', String(start), '--length', String(end - start), file];
    execFile('fallocate', args, { env: { PATH: process.env.PATH } }, (error) => resolve(error === null));
  });
  works ??= ok;
  return ok;
}

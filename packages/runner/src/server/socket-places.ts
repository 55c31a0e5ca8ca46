import { lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Folders for sockets whose path would be too long in the folder of their run, best first: beside the state, which nobody
 * cleans up; that of the user's session, which ends with the session; and among the temporary files, which are cleaned up
 * while servers run, and others for a service with a `/tmp` of its own.
 */
export function socketPlaces(
  beside?: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string[] {
  const session = env.XDG_RUNTIME_DIR;
  return [
    ...(beside === undefined ? [] : [beside]),
    ...(session && isAbsolute(session) && isOwn(session) ? [join(session, 'project-runner')] : []),
    join(tmpdir(), `project-runner-${process.getuid?.() ?? 'user'}`),
  ];
}

/** With `sudo` it may still be that of another user, who can replace what is in it. */
function isOwn(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

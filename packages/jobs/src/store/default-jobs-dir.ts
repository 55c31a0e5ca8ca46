import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** One folder for all callers of a user, whatever their working directory: a run is known by its id alone. */
export function defaultJobsDir(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = env.HOME || homedir();
  const base = {
    darwin: join(home, 'Library', 'Application Support'),
    win32: env.LOCALAPPDATA || join(home, 'AppData', 'Local'),
  }[platform as string];
  const given = env.XDG_STATE_HOME;
  // XDG Base Directory Specification: a relative path is invalid and to be ignored.
  const state = given && isAbsolute(given) ? given : join(home, '.local', 'state');
  return join(base ?? state, 'project-runner', 'jobs');
}

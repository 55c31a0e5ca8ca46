import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * The per-user state folder of a host: one folder for each working directory, so that the same host started again in
 * the same place finds its servers. XDG Base Directory Specification on Linux, the platform's own place elsewhere.
 */
export function defaultStateDir(
  cwd: string = process.cwd(),
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const hash = createHash('sha256').update(resolve(cwd)).digest('hex').slice(0, 12);
  return join(userStateDir(env, platform), 'hosts', hash);
}

function userStateDir(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  const home = env.HOME || homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'project-runner');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'project-runner');
  // The specification: a relative path in the variable is invalid and to be ignored.
  const given = env.XDG_STATE_HOME;
  const base = given && isAbsolute(given) ? given : join(home, '.local', 'state');
  return join(base, 'project-runner');
}

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** One folder for all runners of a user, whatever their working directory: ports belong to the machine. */
export function defaultLeaseDir(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = env.HOME || homedir();
  const base =
    platform === 'darwin'
      ? join(home, 'Library', 'Application Support')
      : platform === 'win32'
        ? env.LOCALAPPDATA || join(home, 'AppData', 'Local')
        : env.XDG_STATE_HOME && isAbsolute(env.XDG_STATE_HOME)
          ? env.XDG_STATE_HOME
          : join(home, '.local', 'state');
  return join(base, 'project-runner', 'ports');
}

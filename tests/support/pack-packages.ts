import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds all packages and packs them as they are published, into a folder. Answers the tarball of each, by its name. */
export async function packPackages(into: string): Promise<Record<string, string>> {
  const env = { ...process.env, npm_config_user_agent: '' };
  await run('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], { cwd: root, env });
  const tarballs: Record<string, string> = {};
  for (const folder of await readdir(join(root, 'packages'))) {
    const args = ['pack', '--json', '--pack-destination', into];
    const { stdout } = await run('pnpm', args, { cwd: join(root, 'packages', folder), env });
    const { name, filename } = JSON.parse(stdout) as { name: string; filename: string };
    tarballs[name] = join(into, basename(filename));
  }
  return tarballs;
}

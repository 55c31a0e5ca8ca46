import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds all packages and packs them as they are published, into a folder. Answers the tarball of each, by its name. */
export async function packPackages(into: string): Promise<Record<string, string>> {
  const env = { ...process.env, npm_config_user_agent: '' };
  await run('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], { cwd: root, env });
  const packages = await readdir(join(root, 'packages'));
  for (const name of packages) {
    await run('pnpm', ['pack', '--pack-destination', into], { cwd: join(root, 'packages', name), env });
  }
  const tarballs = await readdir(into);
  return Object.fromEntries(
    packages.map((name) => {
      const file = tarballs.find((tarball) => new RegExp(`^project-runner-${name}-\\d`).test(tarball));
      if (file === undefined) throw new Error(`no tarball of ${name} among ${tarballs.join(', ')}`);
      return [`@project-runner/${name}`, join(into, file)];
    }),
  );
}

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const filesPerFolder = 50;

/** A project of so many source files, 4 KB each, without dependencies, as npm and turbo want it; in Git, which turbo asks. */
export async function makeProject(dir: string, files: number): Promise<string> {
  await mkdir(dir, { recursive: true });
  const manifest = {
    name: 'many-files',
    version: '1.0.0',
    private: true,
    type: 'module',
    packageManager: 'npm@11.19.1',
    scripts: { build: 'node build.mjs', start: 'node dist/server.mjs' },
  };
  const lockfile = {
    name: manifest.name,
    version: manifest.version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name: manifest.name, version: manifest.version } },
  };
  const build = `import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('dist', { recursive: true });
writeFileSync('dist/server.mjs', 'setInterval(() => {}, 1000);');
console.log('built');
`;
  const rest = 4;
  await writeFile(join(dir, 'package.json'), JSON.stringify(manifest, null, 2));
  await writeFile(join(dir, 'package-lock.json'), JSON.stringify(lockfile, null, 2));
  await writeFile(join(dir, 'turbo.json'), JSON.stringify({ tasks: { build: { outputs: ['dist/**'] } } }));
  await writeFile(join(dir, 'build.mjs'), build);
  await writeFile(join(dir, '.gitignore'), 'dist\nnode_modules\n.turbo\n');
  for (let index = 0; index < files - rest; index += 1) {
    const folder = join(dir, 'src', `part-${Math.floor(index / filesPerFolder)}`);
    if (index % filesPerFolder === 0) await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `file-${index}.ts`), `export const value${index} = ${index};\n`.repeat(120));
  }
  const git = async (...args: string[]): Promise<unknown> => run('git', args, { cwd: dir });
  await git('init', '--quiet');
  await git('add', '--all');
  await git('-c', 'user.name=bench', '-c', 'user.email=bench@localhost', 'commit', '--quiet', '-m', 'all');
  return dir;
}

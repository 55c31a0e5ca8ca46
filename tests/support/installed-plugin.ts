import { execFile } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Dependencies = Record<string, string>;

interface Manifest {
  dependencies?: Dependencies;
  devDependencies?: Dependencies;
  overrides?: Dependencies;
}

export const examplesDir: string = fileURLToPath(new URL('../../examples', import.meta.url));

/** The names of the plugins in `examples` that are packages by themselves, as strangers would publish them. */
export async function examplePlugins(): Promise<string[]> {
  return (await readdir(examplesDir)).filter((name) => name.startsWith('plugin-'));
}

/** Copies an example out of the workspace and lets it have the packed packages in place of those of a registry. */
export async function copyPlugin(name: string, to: string, tarballs: Dependencies): Promise<string> {
  const dir = join(to, name);
  const isSource = (path: string): boolean => !/\/(node_modules|dist)$/.test(path);
  await cp(join(examplesDir, name), dir, { recursive: true, filter: isSource });
  const file = join(dir, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Manifest;
  const direct = { ...manifest.dependencies, ...manifest.devDependencies };
  const local = (dependencies: Dependencies = {}): Dependencies =>
    Object.fromEntries(
      Object.entries(dependencies).map(([name, range]) => [
        name,
        tarballs[name] ? `file:${tarballs[name]}` : range,
      ]),
    );
  await writeFile(
    file,
    JSON.stringify({
      ...manifest,
      dependencies: local(manifest.dependencies),
      devDependencies: local(manifest.devDependencies),
      // npm refuses an override that says something else than a dependency of the package itself.
      overrides: Object.fromEntries(
        Object.entries(tarballs).map(([name, tarball]) => [
          name,
          direct[name] ? `$${name}` : `file:${tarball}`,
        ]),
      ),
    }),
  );
  return dir;
}

/** Runs npm with the tools of this run. @throws Error with all that it printed */
export function npm(
  dir: string,
  args: readonly string[],
  extraPath: readonly string[] = [],
): Promise<string> {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS)/i.test(name));
  const PATH = [...extraPath, process.env.PATH].join(':');
  // node:test does not run inside of another one's process.
  const env = { ...Object.fromEntries(own), NODE_TEST_CONTEXT: undefined, PATH, NO_COLOR: '1' };
  return new Promise((resolve, reject) => {
    const options = { cwd: dir, env, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };
    execFile('npm', args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`npm ${args.join(' ')} in ${dir}: ${error.message}\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { tempFolder } from './temp-folder.ts';

interface Manifest {
  dependencies?: Record<string, string>;
  publishConfig: { exports: unknown };
}

const scope = '@project-runner/';
const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/**
 * The runner, or other packages, as users have it: built by each package's own set-up, in a `node_modules`. From its
 * TypeScript it would need Node's type stripper, some 20 MB. Nothing is written to `packages`.
 */
export async function buildRunner(
  packages: readonly string[] = ['runner'],
): Promise<{ install(script: string): string; remove(): void }> {
  const { dir, remove } = tempFolder('built');
  const waiting = [...packages];
  const seen = new Set(waiting);
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    for (const dependency of await buildPackage(name, dir)) {
      if (!seen.has(dependency)) waiting.push(dependency);
      seen.add(dependency);
    }
  }
  return {
    remove,
    /** Puts a script where it finds the built packages. */
    install(script) {
      const copy = join(dir, basename(script));
      copyFileSync(script, copy);
      return copy;
    },
  };
}

/** Answers the packages of this repository that it needs. */
async function buildPackage(name: string, dir: string): Promise<string[]> {
  const source = join(root, 'packages', name);
  const target = join(dir, 'node_modules', scope + name);
  const tsup = join(root, 'node_modules', '.bin', 'tsup');
  await promisify(execFile)(tsup, ['--no-dts', '--silent', '-d', join(target, 'dist')], { cwd: source });
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
  const { exports } = manifest.publishConfig;
  writeFileSync(join(target, 'package.json'), JSON.stringify({ ...manifest, exports }));
  const dependencies = Object.keys(manifest.dependencies ?? {});
  for (const other of dependencies) {
    if (!other.startsWith(scope)) link(join(source, 'node_modules', other), join(dir, 'node_modules', other));
  }
  return dependencies.filter((other) => other.startsWith(scope)).map((other) => other.slice(scope.length));
}

function link(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  try {
    symlinkSync(realpathSync(source), target);
  } catch (error) {
    // Another package needs it, too.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

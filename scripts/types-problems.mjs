// Compiles `tests/types` with the packed packages, as somebody who installed them, by several versions of TypeScript.
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { root } from './bootstrap.mjs';
import { run } from './run.mjs';

/** By the package that has it: the oldest that is supported, that of this repository, and the newest. */
const compilers = [
  'tests/node_modules/typescript-oldest',
  'node_modules/typescript',
  'tests/node_modules/typescript-newest',
];

/** Stricter than most, and with the declarations themselves checked. */
const compilerOptions = {
  target: 'ES2022',
  lib: ['ES2023'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
};

/**
 * What is wrong with the types of the tarballs, a sentence each, and the versions that they were compiled with.
 * @param dir where it may write
 * @param tarballs by the folder of their package
 */
export async function typesProblems(dir, tarballs, env) {
  const modules = join(dir, 'node_modules');
  for (const [folder, tarball] of Object.entries(tarballs)) {
    const target = join(modules, '@project-runner', folder);
    mkdirSync(target, { recursive: true });
    const { code, output } = await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', target], {
      cwd: dir,
      env,
      capture: true,
    });
    if (code !== 0) return { versions: [], problems: [`${tarball} cannot be unpacked: ${output}`] };
  }
  mkdirSync(join(modules, '@types'));
  for (const name of ['@types/node', 'expect-type']) {
    symlinkSync(realpathSync(join(root, 'node_modules', name)), join(modules, name), 'junction');
  }
  const source = join(root, 'tests/types');
  const tested = readdirSync(source);
  for (const file of tested) cpSync(join(source, file), join(dir, file));
  const imports = Object.keys(tarballs).map((folder) => `export type * from '@project-runner/${folder}';`);
  // Each package that nobody imports would not be looked at.
  for (const [index, line] of imports.entries()) writeFileSync(join(dir, `all-${index}.ts`), `${line}\n`);
  const files = [...tested, ...imports.map((_, index) => `all-${index}.ts`)];
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const versions = [];
  const problems = [];
  for (const compiler of compilers) {
    const { version } = JSON.parse(readFileSync(join(root, compiler, 'package.json'), 'utf8'));
    const { code, stopped, output } = await run('node', [join(root, compiler, 'bin/tsc'), '-p', dir], {
      cwd: dir,
      env,
      capture: true,
    });
    if (stopped) process.exit(code || 130);
    if (code !== 0) problems.push(`the packed types do not compile with TypeScript ${version}:\n${output}`);
    versions.push(version);
  }
  return { versions, problems };
}

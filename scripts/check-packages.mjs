// Packs every package as it would be published and looks at the tarball: publint, are-the-types-wrong, its files.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from './bootstrap.mjs';
import { build } from './install.mjs';

const allowed = /^package\/(dist\/[\w.-]+\.(js|d\.ts)|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/;

build(process.env);
const out = mkdtempSync(join(tmpdir(), 'project-runner-pack-'));
let problems = 0;
try {
  for (const folder of readdirSync(join(root, 'packages'))) {
    const dir = join(root, 'packages', folder);
    const target = join(out, folder);
    must(folder, 'pnpm', ['pack', '--pack-destination', target], dir);
    const tarball = join(target, readdirSync(target).find((name) => name.endsWith('.tgz')) ?? 'none');
    const files = must(folder, 'tar', ['-tzf', tarball], dir).trim().split('\n');
    for (const file of files.filter((name) => !allowed.test(name)))
      complain(folder, `${file} must not be published`);
    const manifest = must(folder, 'tar', ['-xzOf', tarball, 'package/package.json'], dir);
    if (manifest.includes('workspace:')) complain(folder, 'the packed manifest still says workspace:');
    if (manifest.includes('./src/')) complain(folder, 'the packed manifest still points at src');
    must(folder, 'publint', ['run', tarball, '--strict'], dir);
    must(folder, 'attw', [tarball, '--profile', 'esm-only', '--quiet'], dir);
    process.stdout.write(`${folder}: ${files.length} files, publint and attw are content\n`);
  }
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exitCode = problems === 0 ? 0 : 1;

function must(folder, file, args, cwd) {
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` };
  const result = spawnSync(file, args, { cwd, env, encoding: 'utf8' });
  if (result.status !== 0)
    complain(folder, `${file} ${args.join(' ')} failed\n${result.stdout}${result.stderr}`);
  return result.stdout ?? '';
}

function complain(folder, message) {
  problems += 1;
  process.stderr.write(`${folder}: ${message}\n`);
}

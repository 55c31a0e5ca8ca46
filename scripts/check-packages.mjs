// Packs every package as it would be published and looks at the tarball: its files, its manifest, publint,
// are-the-types-wrong. Then what uses the types of all of them is compiled, by the oldest and the newest TypeScript, too.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { root } from './bootstrap.mjs';
import { build } from './install.mjs';
import { run } from './run.mjs';
import { tarballProblems } from './tarball-problems.mjs';
import { typesProblems } from './types-problems.mjs';

const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` };
const atOnce = 2;

await build(env);
const out = mkdtempSync(join(tmpdir(), 'project-runner-pack-'));
const waiting = readdirSync(join(root, 'packages'));
const tarballs = {};
let failed = false;
try {
  await Promise.all(Array.from({ length: atOnce }, checkNext));
  if (!failed) await checkTypes();
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function checkNext() {
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    const problems = await check(folder);
    failed ||= problems.length > 0;
    for (const problem of problems) process.stderr.write(`${folder}: ${problem}\n`);
    if (problems.length === 0) process.stdout.write(`${folder}: packs as it should\n`);
  }
}

async function checkTypes() {
  const dir = join(out, 'types');
  mkdirSync(dir);
  const { versions, problems } = await typesProblems(dir, tarballs, env);
  failed = problems.length > 0;
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (!failed) process.stdout.write(`The packed types compile with TypeScript ${versions.join(', ')}\n`);
}

async function check(folder) {
  const cwd = join(root, 'packages', folder);
  const problems = [];
  const must = async (file, ...args) => {
    const { code, stopped, output } = await run(file, args, { cwd, env, capture: true });
    if (stopped) process.exit(code || 130);
    if (code !== 0) problems.push(`${file} ${args.join(' ')} failed with exit code ${code}\n${output}`);
    return output;
  };
  const target = join(out, folder);
  await must('pnpm', 'pack', '--pack-destination', target);
  if (problems.length > 0) return problems;
  const tarball = join(target, readdirSync(target).find((name) => name.endsWith('.tgz')) ?? 'no tarball');
  tarballs[folder] = tarball;
  const files = (await must('tar', '-tzf', tarball)).trim().split('\n');
  const manifest = await must('tar', '-xzOf', tarball, 'package/package.json');
  if (problems.length > 0) return problems;
  problems.push(...tarballProblems(files, manifest, templateFiles(cwd)));
  await must('publint', 'run', tarball, '--strict');
  await must('attw', tarball, '--profile', 'esm-only', '--quiet');
  return problems;
}

/** They are published as they are. */
function templateFiles(cwd) {
  const dir = join(cwd, 'templates');
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(cwd, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

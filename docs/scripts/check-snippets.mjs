// Compiles each TypeScript block of the documents as the file it could be, and runs those that say they can be run.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { compileSnippets } from './compile-snippets.mjs';
import { root, snippets } from './snippets.mjs';

// In here the packages are found as in a project that has installed them.
const dir = join(root, 'docs/snippets');
rmSync(dir, { recursive: true, force: true });
mkdirSync(dir, { recursive: true });

/** What a line says that it prints: `console.log(x); // 3`. */
const output = /^(?:console\.log|await .*check)\(.*\); \/\/ (.*)$/gm;
const all = snippets();
const typed = all.filter(({ language }) => language === 'ts');
const problems = [...compileSnippets(all, dir), ...all.filter(({ runs }) => runs).flatMap(runProblems)];
for (const problem of problems) process.stderr.write(`${problem}\n`);
const ran = all.filter(({ runs }) => runs).length;
process.stdout.write(`${typed.length} blocks compiled, ${ran} run, ${problems.length} problems.\n`);
if (problems.length === 0) rmSync(dir, { recursive: true, force: true });
process.exitCode = problems.length === 0 ? 0 : 1;

function runProblems({ document, line, language, code }) {
  const folder = join(dir, `run-${document.replaceAll(/[/\\]/g, '-')}-${line}`);
  mkdirSync(folder, { recursive: true });
  const bin = join(root, 'docs/node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, XDG_STATE_HOME: join(folder, '.state') };
  writeFileSync(join(folder, 'block.ts'), code);
  const [file, ...args] =
    language === 'ts' ? [process.execPath, 'block.ts'] : ['bash', '-euo', 'pipefail', '-c', code];
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status !== 0) return [`${document}:${line}: ended with ${status}\n${stdout}${stderr}`];
  const told = Array.from(code.matchAll(output), ([, text]) => text).join('\n');
  if (told === '' || told === stdout.trim()) return [];
  return [`${document}:${line}: says that it prints\n${told}\nand prints\n${stdout}`];
}

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { root } from './snippets.mjs';

/**
 * Compiles each TypeScript block as the file it could be, in a folder below which its imports are found.
 *
 * @param snippets of `snippets()` or `snippetsOf()`
 * @returns what is wrong, each with the document and the line in it
 */
export function compileSnippets(snippets, dir) {
  mkdirSync(dir, { recursive: true });
  const typed = snippets.filter(({ language }) => language === 'ts').map((snippet) => write(snippet, dir));
  writeFileSync(
    join(dir, 'tsconfig.json'),
    JSON.stringify({
      extends: relative(dir, join(root, 'tsconfig.json')),
      compilerOptions: {
        isolatedDeclarations: false,
        declaration: false,
        noUnusedLocals: false,
        noUnusedParameters: false,
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: ['.'],
    }),
  );
  return typeProblems(typed, dir);
}

/** Each document has a folder, each block a file. */
function write(snippet, dir) {
  const { document, line, name, code, given, file: other } = snippet;
  const folder = join(dir, document.replaceAll(/[/\\]/g, '-'));
  mkdirSync(folder, { recursive: true });
  if (other) writeFileSync(join(folder, other.name), other.code);
  const file = join(folder, name ?? `line-${line}.ts`);
  if (existsSync(file)) throw new Error(`${document} has two blocks ${name}`);
  const before = given === '' ? '' : `${given}\n`;
  writeFileSync(file, `${before}${code}\nexport {};\n`);
  return { ...snippet, file, offset: before.split('\n').length - 1 };
}

function typeProblems(typed, dir) {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { status, stdout, stderr } = spawnSync(tsc, ['-p', dir, '--pretty', 'false'], {
    cwd: dir,
    encoding: 'utf8',
  });
  if (status !== 0 && stdout.trim() === '')
    return [`tsc ended with ${status} and said nothing but: ${stderr}`];
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, file, row, message] = /^(\S+)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
      const snippet = typed.find((item) => file !== undefined && join(dir, file) === item.file);
      if (!snippet) return line;
      return `${snippet.document}:${snippet.line + Number(row) - 1 - snippet.offset}: ${message}`;
    });
}

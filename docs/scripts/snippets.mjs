import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const sources = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/*.md',
  'docs/hooks/*.md',
  'packages/*/README.md',
  'examples/*/README.md',
];
/** Packages of strangers, which are not installed here. */
const outside = /^examples\/plugin-/;
const fence =
  /(?:<!-- (given|run|file ([\w./-]+))(?::?\s+([^]*?))?-->\s*\n)?^```(ts|sh)(?: \[([\w./-]+)\])?\n([^]*?)^```$/gm;

/**
 * The code blocks of all documents.
 *
 * A comment before a block says more: `<!-- given: code -->` is what stands before it in the reader's file,
 * `<!-- file name.ts: code -->` another file that the reader has, `<!-- run -->` that the block can be run as it is, in an
 * empty folder. ```` ```ts [name.ts] ```` gives the block a name, for others to import.
 *
 * @returns `{ document, line, language, name, code, given, file, runs }` each
 */
export function snippets() {
  return globSync(sources, { cwd: root })
    .filter((document) => !outside.test(document))
    .sort()
    .flatMap((document) => snippetsOf(readFileSync(join(root, document), 'utf8'), relative('.', document)));
}

/**
 * Those of one text.
 * @throws Error where a block would be passed over: another name of the language, an indented fence, a misspelt comment
 */
export function snippetsOf(text, document) {
  const looks =
    text.match(/^[ \t]*(?:```|~~~)[ \t]*(?:ts|tsx|typescript|js|javascript|sh|bash|shell)\b/gm) ?? [];
  const unknown = /^<!-- (?!(?:given|run|file|contract)\b)[^]*?-->\s*\n```/m.exec(text);
  const found = [...text.matchAll(fence)];
  if (looks.length !== found.length)
    throw new Error(
      `${document}: ${looks.length} blocks of code, of which ${found.length} can be read. Begin each with \`\`\`ts or \`\`\`sh`,
    );
  if (unknown) throw new Error(`${document}: nobody knows what this comment means: ${unknown[0]}`);
  return found.map(({ index, 0: whole, 1: mark, 2: file, 3: note = '', 4: language, 5: name, 6: code }) => {
    const start = text.slice(0, index + whole.indexOf('```')).split('\n').length;
    return {
      document,
      line: start + 1,
      language,
      name,
      code,
      given: mark === 'given' ? note.trim() : '',
      file: file === undefined ? undefined : { name: file, code: note },
      runs: mark === 'run',
    };
  });
}

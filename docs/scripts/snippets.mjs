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
/** Packages of strangers, which are not installed here; their own tests compile them. */
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

/** Those of one text. */
export function snippetsOf(text, document) {
  return [...text.matchAll(fence)].map(
    ({ index, 0: whole, 1: mark, 2: file, 3: note = '', 4: language, 5: name, 6: code }) => {
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
    },
  );
}

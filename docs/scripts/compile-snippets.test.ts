import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { compileSnippets } from './compile-snippets.mjs';
import { snippetsOf } from './snippets.mjs';

it('tells what does not compile, and in which line of which document', () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'project-runner-snippets-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const text = [
    '# A page',
    '<!-- given: declare const a: number; -->',
    '```ts',
    'const b: number = a;',
    'const c: string = a;',
    '```',
    '```ts',
    "import { nothing } from 'not-installed';",
    '```',
  ].join('\n');
  const snippets = [...snippetsOf(text, 'docs/a.md'), ...snippetsOf('```sh\nfalse\n```\n', 'b.md')];
  expect(compileSnippets(snippets, join(dir, 'snippets')).toSorted()).toEqual([
    expect.stringMatching(/^docs\/a\.md:5: .*'number' is not assignable to type 'string'/),
    expect.stringMatching(/^docs\/a\.md:8: .*Cannot find module 'not-installed'/),
  ]);
});

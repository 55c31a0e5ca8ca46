import { expect, it } from 'vitest';

import { snippetsOf } from './snippets.mjs';

it('takes code with what is said before it', () => {
  const text = [
    '# A page',
    '<!-- given:',
    'declare const a: number;',
    '-->',
    '```ts',
    'a;',
    '```',
    '',
    '<!-- run -->',
    '```sh',
    'true',
    '```',
    '<!-- file b.ts: export const b = 1; -->',
    '```ts [c.ts]',
    'b;',
    '```',
  ].join('\n');
  expect(snippetsOf(text, 'a.md')).toMatchObject([
    {
      document: 'a.md',
      line: 6,
      language: 'ts',
      code: 'a;\n',
      given: 'declare const a: number;',
      runs: false,
    },
    { line: 11, language: 'sh', code: 'true\n', given: '', runs: true },
    { line: 15, name: 'c.ts', file: { name: 'b.ts', code: 'export const b = 1; ' }, runs: false },
  ]);
});

it.each([
  ['another name of the language', '```typescript\na;\n```\n'],
  ['an indented block', '- x\n  ```ts\n  a;\n  ```\n'],
  ['attributes', '```ts {1}\na;\n```\n'],
  ['waves', '~~~ts\na;\n~~~\n'],
])('does not pass over %s', (_, text) => {
  expect(() => snippetsOf(text, 'a.md')).toThrow('a.md: 1 blocks of code, of which 0 can be read');
});

it('does not pass over a misspelt comment', () => {
  expect(() => snippetsOf('<!-- runs -->\n```ts\na;\n```\n', 'a.md')).toThrow(
    /what this comment means: <!-- runs/,
  );
});

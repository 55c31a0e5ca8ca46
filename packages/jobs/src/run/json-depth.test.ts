import { expect, it } from 'vitest';

import { isTooDeep, maxJsonDepth } from './json-depth.ts';

it('counts brackets outside of strings', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}"${' '.repeat(2000)}"${']'.repeat(depth)}`;
  expect(isTooDeep(nested(maxJsonDepth))).toBe(false);
  expect(isTooDeep(nested(maxJsonDepth + 1))).toBe(true);
  expect(isTooDeep(`${'{"a":'.repeat(1001)}1${'}'.repeat(1001)}`)).toBe(true);
  expect(isTooDeep(JSON.stringify(['['.repeat(3000), `\\"${'{'.repeat(3000)}`]))).toBe(false);
  expect(isTooDeep(JSON.stringify(Array.from({ length: 3000 }, () => [{}])))).toBe(false);
});

import { expect, it } from 'vitest';

import { closest } from './closest.ts';

it.each([
  ['plugin', 'plugins'],
  ['portrange', 'portRange'],
  ['stateDri', 'stateDir'],
  ['extends', undefined],
  ['', undefined],
])('%j → %j', (text, expected) => {
  expect(closest(text, ['plugins', 'portRange', 'stateDir', 'dataDir'])).toBe(expected);
});

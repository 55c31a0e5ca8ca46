import { expect, it } from 'vitest';

import { wantsJson } from './wants-json.ts';

it.each([
  ['application/json', true],
  ['application/json, text/html;q=0.5', true],
  ['application/*, text/html;q=0', true],
  ['text/html, application/json', false],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', false],
  ['*/*', false],
  ['application/json;q=nonsense', false],
  ['', false],
  [undefined, false],
])('%s: %s', (accept, wanted) => expect(wantsJson(accept)).toBe(wanted));

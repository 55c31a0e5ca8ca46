import { expect, it } from 'vitest';

import { withoutUserInfo } from './without-user-info.ts';

it.each([
  ['https://user:tok3n@example.com/p.tgz', 'https://example.com/p.tgz'],
  ['https://tok3n@example.com:8080/@scope/p.tgz', 'https://example.com:8080/@scope/p.tgz'],
  ['https://user:to@k3n@example.com', 'https://example.com'],
  // To a URL parser these are the same.
  ['https:user:tok3n@example.com', 'https:example.com'],
  ['HTTPS:\\\\user:tok3n@example.com', 'HTTPS:\\\\example.com'],
  ['git+ssh://git:tok3n@example.com/a.git and http://b:tok3n@c', 'git+ssh://example.com/a.git and http://c'],
  ['https://example.com/@scope/p.tgz?a@b', 'https://example.com/@scope/p.tgz?a@b'],
  ['npm:@yarnpkg/cli-dist@4.1.0', 'npm:@yarnpkg/cli-dist@4.1.0'],
  ['pnpm@9.1.0+sha224.953c', 'pnpm@9.1.0+sha224.953c'],
])('of %j is %j', (text, told) => {
  expect(withoutUserInfo(text)).toBe(told);
});

it.each(['a.', ':', '/', 'a:/', 'a@'])('of a long text of %j is told in one pass', (part) => {
  // Quadratic it would take hours, and run into the time limit.
  const text = `${part.repeat(1_000_000)}?`;
  expect(withoutUserInfo(text)).toHaveLength(text.length);
});

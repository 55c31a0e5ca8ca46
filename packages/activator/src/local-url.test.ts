import { describe, expect, it } from 'vitest';

import { localPath, localUrl } from './local-url.ts';

describe('localPath', () => {
  it.each([
    ['/agent', '/agent'],
    ['/agents/7?q=a b#part', '/agents/7?q=a%20b'],
    ['/agent/./a/../b', '/agent/b'],
    ['/agent/../admin', null],
    ['/agent/%2e%2e/admin', null],
    ['\\agent', null],
    ['/\\agent', null],
    ['//agent/x', null],
    ['agent', null],
    ['', null],
    ['@evil.example/agent', null],
    [':80/agent', null],
    ['/Agent', null],
  ])('%s is %s', (path, expected) => {
    expect(localPath(path, ['/agent'])).toBe(expected);
  });

  it('takes any of several prefixes', () => {
    expect(localPath('/hook/1', ['/agent', '/hook'])).toBe('/hook/1');
    expect(localPath('/hook/1', [])).toBeNull();
  });
});

it.each([
  ['127.0.0.1', 'http://127.0.0.1:4000/agent'],
  ['::1', 'http://[::1]:4000/agent'],
])('localUrl of %s', (host, expected) => {
  expect(localUrl({ host, port: 4000 }, '/agent')).toBe(expected);
});

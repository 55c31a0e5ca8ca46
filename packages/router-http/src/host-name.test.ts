import { describe, expect, it } from 'vitest';

import { hostName, isDomain, subdomainOf } from './host-name.ts';

describe('hostName', () => {
  it.each([
    ['App.LocalHost', 'app.localhost'],
    ['app.localhost:8080', 'app.localhost'],
    ['app.localhost.', 'app.localhost'],
    ['app.localhost.:1', 'app.localhost'],
    ['app:', 'app'],
    ['[::1]', '::1'],
    ['[::1]:80', '::1'],
    ['127.0.0.1:1', '127.0.0.1'],
  ])('%s is %s', (authority, host) => expect(hostName(authority)).toBe(host));

  it.each(['', ':80', 'a b', 'a@b', 'a/b', 'a:b', 'a:1:2', '[::1', '::1', '.', 'a\tb', 'a"b', '<a>'])(
    '%j is none',
    (authority) => expect(hostName(authority)).toBeNull(),
  );
});

it('subdomainOf tells subdomains, the domain itself and strangers apart', () => {
  expect(subdomainOf('a.b.apps.example', 'apps.example')).toBe('a.b');
  for (const own of ['apps.example', '127.0.0.1', '127.9.9.9', '::1'])
    expect(subdomainOf(own, 'apps.example')).toBe('');
  for (const foreign of ['example', 'xapps.example', 'a.apps.example.evil', '10.0.0.1']) {
    expect(subdomainOf(foreign, 'apps.example')).toBeNull();
  }
});

it('isDomain', () => {
  for (const name of ['a', 'a-b', 'staging--x', '0', 'a.b', 'x'.repeat(63)])
    expect(isDomain(name), name).toBe(true);
  for (const name of ['', '.', 'a.', '-a', 'a-', 'A', 'a_b', 'ä', 'x'.repeat(64), 'a.'.repeat(127) + 'aa']) {
    expect(isDomain(name), name).toBe(false);
  }
});

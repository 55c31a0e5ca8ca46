import { describe, expect, it } from 'vitest';

import { collect, parsePort, parseRequestPath, parseSeconds } from './parse-options.ts';

describe('parsePort', () => {
  it.each(['1', '4111', '65535'])('takes %s', (text) => {
    expect(parsePort(text)).toBe(Number(text));
  });

  it.each(['', '0', '65536', '-1', '80.5', '1e3', ' 80', 'http'])('refuses %j', (text) => {
    expect(() => parsePort(text)).toThrow('Expected a whole number from 1 to 65535');
  });
});

describe('parseSeconds', () => {
  it('answers ms', () => {
    expect(parseSeconds('30')).toBe(30_000);
    expect(parseSeconds('0.25')).toBe(250);
  });

  it.each(['0', '-1', 'soon', '', '99999999', 'Infinity'])('refuses %j', (text) => {
    expect(() => parseSeconds(text)).toThrow('Expected a number of seconds');
  });
});

describe('repeatable options', () => {
  it('collect in order', () => {
    expect(collect('b', collect('a'))).toEqual(['a', 'b']);
    expect(parseRequestPath('/b?c=d', parseRequestPath('/a'))).toEqual(['/a', '/b?c=d']);
  });

  it('a request is a path', () => {
    expect(() => parseRequestPath('http://elsewhere/')).toThrow('starts with "/"');
  });
});

import { describe, expect, it } from 'vitest';

import { parseManifest } from './read-manifest.ts';

const parse = (text: string): unknown => parseManifest(text, '/p/package.json');

describe('parseManifest', () => {
  it.each([
    ['{\n  "a": 1,\n}', /^\/p\/package\.json:3:1 is not valid JSON/],
    ['', /^\/p\/package\.json:1:1 is not valid JSON/],
    ['{"a": tru}', /^\/p\/package\.json:1:\d+ is not valid JSON/],
    ['null', /must hold a JSON object/],
    ['"x"', /must hold a JSON object/],
  ])('refuses %j, with the place', (text, message) => {
    expect(() => parse(text)).toThrowError(message);
    expect(() => parse(text)).toThrowError(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });

  it('treats fields of a wrong type as absent', () => {
    const text = JSON.stringify({
      name: 1,
      main: {},
      bin: [],
      scripts: { a: 1, b: 'x' },
      dependencies: 'all',
      workspaces: 5,
      packageManager: [],
    });
    expect(parse(text)).toEqual({ scripts: { b: 'x' }, dependencies: {}, devDependencies: {}, bin: {} });
  });

  it('is not fooled by __proto__, nor by a byte order mark', () => {
    const parsed = parse('\uFEFF{"__proto__":{"main":"evil.js"},"scripts":{"__proto__":"x"}}') as Record<
      string,
      unknown
    >;
    expect(parsed.main).toBeUndefined();
    expect(({} as Record<string, unknown>).main).toBeUndefined();
  });

  it('takes both forms of workspaces', () => {
    expect(parse('{"workspaces":["a"]}')).toMatchObject({ workspaces: ['a'] });
    expect(parse('{"workspaces":{"packages":["b",1]}}')).toMatchObject({ workspaces: ['b'] });
  });
});

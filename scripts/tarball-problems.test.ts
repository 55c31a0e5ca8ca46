import { describe, expect, it } from 'vitest';

import { tarballProblems } from './tarball-problems.mjs';

const files = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts'].map(
  (file) => `package/${file}`,
);

describe('tarballProblems', () => {
  it('finds nothing in a good tarball', () => {
    expect(tarballProblems(files, '{"name":"a"}')).toEqual([]);
  });

  it.each([
    ['a source file', [...files, 'package/src/a.ts'], '{}', 'package/src/a.ts must not be published'],
    ['a source map', [...files, 'package/dist/index.js.map'], '{}', 'must not be published'],
    ['no types', files.slice(0, -1), '{}', 'dist/index.d.ts is missing'],
    ['no command', files, '{"bin":{"x":"./dist/main.js"}}', 'dist/main.js is missing'],
    ['workspace ranges', files, '{"dependencies":{"b":"workspace:^"}}', 'still says workspace:'],
    ['exports of sources', files, '{"exports":"./src/index.ts"}', 'still says ./src/'],
  ])('complains about %s', (_, found, manifest, message) => {
    expect(tarballProblems(found, manifest)).toEqual([expect.stringContaining(message)]);
  });
});

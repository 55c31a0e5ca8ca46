import { describe, expect, it } from 'vitest';

import { tarballProblems } from './tarball-problems.mjs';

const files = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts'].map(
  (file) => `package/${file}`,
);

describe('tarballProblems', () => {
  it('finds nothing in a good tarball', () => {
    expect(tarballProblems(files, '{"name":"a"}')).toEqual([]);
  });

  it('wants the files that a package has to have on top', () => {
    expect(tarballProblems(files, '{}', ['templates/a.txt'])).toEqual([
      'templates/a.txt is missing in the tarball',
    ]);
    expect(tarballProblems([...files, 'package/templates/a.txt'], '{}', ['templates/a.txt'])).toEqual([]);
  });

  it.each([
    ['a source file', [...files, 'package/src/a.ts'], '{}', 'src/a.ts must not be published'],
    ['a source map', [...files, 'package/dist/index.js.map'], '{}', 'must not be published'],
    ['no types', files.slice(0, -1), '{}', 'dist/index.d.ts is missing'],
    [
      'no command',
      [...files, 'package/dist/main.d.ts'],
      '{"bin":{"x":"./dist/main.js"}}',
      'dist/main.js is missing',
    ],
    ['a stray build file', [...files, 'package/dist/chunk.js'], '{}', 'dist/chunk.js must not be published'],
    [
      'a helper program that is not there',
      files,
      '{"name":"@project-runner/ports-held"}',
      'dist/preload.js is missing',
    ],
    [
      'an install script',
      files,
      '{"scripts":{"postinstall":"node x.js"}}',
      'the script postinstall would run where it is installed',
    ],
    ['workspace ranges', files, '{"dependencies":{"b":"workspace:^"}}', 'still says workspace:'],
    ['exports of sources', files, '{"exports":"./src/index.ts"}', 'still says ./src/'],
  ])('complains about %s', (_, found, manifest, message) => {
    expect(tarballProblems(found, manifest)).toEqual([expect.stringContaining(message)]);
  });
});

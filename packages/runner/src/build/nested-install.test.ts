import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Build, BuildOptions, FrameworkPlugin, NestedInstall } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { buildRecord, projectRecord } from '../records.test-support.ts';
import { tempFolder, testBuilder, writeFiles } from './build-fixture.test-support.ts';
import type { Files } from './build-fixture.test-support.ts';

const nestedInstall: NestedInstall = {
  dir: 'out',
  adds: ['node_modules', 'lock'],
  skipEnv: { SKIP_NESTED: '1' },
};

const bundler = (nested: NestedInstall = nestedInstall): FrameworkPlugin => ({
  kind: 'framework',
  name: 'bundler',
  apiVersion: 1,
  detect: () => ({ strength: 'specific', reason: 'test' }),
  build: () => ({ script: 'build', nestedInstall: nested }),
  output: () => 'out/index.mjs',
  start: () => ({ command: { file: 'node', args: ['out/index.mjs'] }, cwd: 'data' }),
  env: ({ port }) => ({ PORT: String(port) }),
  drainSeconds: 1,
});

/** Bundles, and installs what the bundle needs, as `mastra build` does. */
const script = `
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
rmSync('out', { recursive: true, force: true });
mkdirSync('out');
writeFileSync('out/package.json', readFileSync('needs.txt'));
writeFileSync('out/index.mjs', readFileSync('source.txt'));
console.log('bundled');
if (!process.env.SKIP_NESTED) {
  mkdirSync('out/node_modules/a/empty', { recursive: true });
  writeFileSync('out/node_modules/a/index.js', readFileSync('needs.txt'));
  writeFileSync('out/lock', 'locked');
  if (process.env.TOUCHES) writeFileSync('out/package.json', 'touched');
  console.log('nested install');
}
`;

const files: Files = {
  'package.json': { json: { name: 'shop', version: '1.0.0', scripts: { build: 'node build.mjs' } } },
  'package-lock.json': {
    json: {
      name: 'shop',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'shop', version: '1.0.0' } },
    },
  },
  'build.mjs': script,
  'needs.txt': 'a@1',
  'source.txt': 'one',
};

interface Shop {
  change(file: string, text: string): void;
  build(options?: BuildOptions): Promise<{ did: string[]; log: string[]; at(path: string): string }>;
}

function shop(nested?: NestedInstall): Shop {
  const dir = writeFiles(tempFolder(), files);
  const project = projectRecord(dir);
  const { deploymentId } = buildRecord();
  const { build, builder, buildDir } = testBuilder({}, [bundler(nested)]);
  return {
    change: (file, text) => writeFileSync(join(dir, file), text),
    async build(options = {}) {
      const record: Build = { ...buildRecord(), deploymentId };
      const { log, errorMessage } = await build(
        '',
        { skipInstall: false, ...options },
        { project, build: record },
      );
      await builder.idle();
      expect(errorMessage, log.join('\n')).toBeNull();
      return {
        log,
        did: log.filter((line) => ['bundled', 'nested install'].includes(line)),
        at: (path) => join(buildDir, project.id, record.id, path),
      };
    },
  };
}

describe('an install that the build runs by itself', () => {
  it('is left out where an earlier build ran it for the same dependencies', async () => {
    const { build, change } = shop();
    expect((await build()).did).toEqual(['bundled', 'nested install']);
    change('source.txt', 'two');
    const second = await build();
    expect(second.did).toEqual(['bundled']);
    expect(second.log.some((line) => line.startsWith('The dependencies in out are those of build'))).toBe(
      true,
    );
    const read = (path: string): string => readFileSync(second.at(path), 'utf8');
    expect([read('out/index.mjs'), read('out/node_modules/a/index.js'), read('out/lock')]).toEqual([
      'two',
      'a@1',
      'locked',
    ]);
    expect(existsSync(second.at('out/node_modules/a/empty'))).toBe(true);
    // A third one has it from the second, whose own install never ran.
    change('source.txt', 'three');
    expect((await build()).did).toEqual(['bundled']);
  });

  it('runs with a build of its own where the build needs something else now, once', async () => {
    const { build, change } = shop();
    await build();
    change('needs.txt', 'a@2');
    const second = await build();
    expect(second.did).toEqual(['bundled', 'bundled', 'nested install']);
    expect(second.log).toContain(
      'Building again with the install in out: its package.json is another one than before',
    );
    expect(readFileSync(second.at('out/node_modules/a/index.js'), 'utf8')).toBe('a@2');
    change('source.txt', 'two');
    expect((await build()).did).toEqual(['bundled']);
    change('needs.txt', 'a@1');
    expect((await build()).did).toEqual(['bundled']);
  });

  it('runs again where what was kept of it has changed', async () => {
    const { build, change } = shop();
    const first = await build();
    writeFileSync(first.at('out/node_modules/a/index.js'), 'edited');
    change('source.txt', 'two');
    const second = await build();
    expect(second.did).toEqual(['bundled', 'bundled', 'nested install']);
    expect(readFileSync(second.at('out/node_modules/a/index.js'), 'utf8')).toBe('a@1');
    rmSync(second.at('out/lock'));
    change('source.txt', 'three');
    expect((await build()).did).toEqual(['bundled', 'bundled', 'nested install']);
  });

  it('always runs where it writes into the package.json that it is known by', async () => {
    const { build, change } = shop();
    const options = { envVars: { TOUCHES: '1' } };
    await build(options);
    change('source.txt', 'two');
    expect((await build(options)).did).toEqual(['bundled', 'bundled', 'nested install']);
    change('source.txt', 'three');
    expect((await build(options)).did).toEqual(['bundled', 'nested install']);
  });

  it.each<[string, BuildOptions]>([
    ['the cache is not to be used', { cache: false }],
    ['somebody sets its variable himself', { envVars: { SKIP_NESTED: '' } }],
  ])('is not looked for where %s', async (_, options) => {
    const { build, change } = shop();
    await build(options);
    change('source.txt', 'two');
    expect((await build(options)).did).toEqual(['bundled', 'nested install']);
  });

  it.each<[RegExp, object]>([
    [/dir must be a path inside of the project, found "\.\.\/out"/, { dir: '../out' }],
    [/adds must be a list of names in that folder, found \["a\/b"\]/, { adds: ['a/b'] }],
    [/adds must be a list of names in that folder, found \[\]/, { adds: [] }],
    [/skipEnv must have variables as strings, found \{"A":1\}/, { skipEnv: { A: 1 } }],
  ])('is refused with %s', async (message, wrong) => {
    const { build } = testBuilder({}, [bundler({ ...nestedInstall, ...wrong })]);
    const { errorMessage } = await build(writeFiles(tempFolder(), files));
    expect(errorMessage).toMatch(message);
  });
});

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Build } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { testRunner } from '../support/test-runner.ts';

const scripts = { build: 'node build.cjs', start: 'node server.cjs' };
const files = {
  'build.cjs': 'console.log("built by", process.env.npm_lifecycle_event)',
  'server.cjs': `require('node:http').createServer((_, response) => response.end('ok')).listen(process.env.PORT, process.env.HOST);`,
};
const nested = (depth: number, text: string): string => `${'['.repeat(depth)}${text}${']'.repeat(depth)}`;
const json = (value: object): string => JSON.stringify({ scripts, ...value });

interface Result {
  build: Build;
  tookMs: number;
  /** What lies in the folder of the runner, which no build may leave. */
  around: readonly string[];
  deploy(): Promise<string>;
}

async function build(manifest: string | Uint8Array, skipInstall = true, more = {}): Promise<Result> {
  const { runner, dir } = testRunner();
  const path = await writeFiles(tempFolder(), { ...files, 'package.json': manifest, ...more });
  const project = projectRecord(path);
  const deployment = deploymentRecord(project);
  const started = performance.now();
  const done = await runner.build(project, buildRecord(deployment), { skipInstall, timeoutMs: 60_000 });
  return {
    build: done,
    tookMs: performance.now() - started,
    around: readdirSync(dir).sort(),
    async deploy() {
      const server = await runner.deploy(project, deployment, done);
      return (await fetch(`http://${server.host}:${server.port}/`)).text();
    },
  };
}

describe('a package.json that nobody should write is built as far as it makes sense', () => {
  it.each<[string, string | Uint8Array]>([
    ['a byte order mark', `\uFEFF${json({})}`],
    ['fields of wrong types', json({ name: 7, version: [], main: {}, workspaces: 'all', type: null })],
    ['dependencies that are none', json({ dependencies: ['a'], devDependencies: 'b', peerDependencies: 5 })],
    ['__proto__', `{"__proto__":{"scripts":{"build":"exit 1"}},"scripts":${JSON.stringify(scripts)}}`],
    [
      '__proto__ in scripts',
      `{"scripts":{"__proto__":{"x":"exit 1"},"constructor":"exit 1","toString":7,"build":"node build.cjs","start":"node server.cjs"}}`,
    ],
    [
      'scripts with odd names',
      json({
        scripts: { ...scripts, 'build it': 'exit 1', 'a\nb': 'exit 1', '': 'exit 1', ' build': 'exit 1' },
      }),
    ],
    ['a name with path parts', json({ name: '../../../../tmp/evil', version: '../..' })],
    ['a name that is a flag', json({ name: '--prefix=/tmp/evil', version: '1.0.0' })],
    ['a main with path parts', json({ main: '../../../../etc/passwd' })],
    ['an absolute bin', json({ bin: { a: '/etc/passwd' } })],
    ['deep nesting', `{"scripts":${JSON.stringify(scripts)},"deep":${nested(5000, '1')}}`],
    ['a NUL in a value', json({ description: 'a\0b', main: 'a\0b' })],
    ['patterns with path parts', json({ workspaces: ['../*', '/etc/*', '..', '!'] })],
    ['a thousand patterns', json({ workspaces: Array.from({ length: 100_000 }, (_, at) => `p${at}/*`) })],
    ['a pattern of a hundred stars', json({ workspaces: [`${'*a'.repeat(100)}b`] })],
  ])('%s', async (_, manifest) => {
    const { build: done, tookMs, around, deploy } = await build(manifest);
    expect(done.errorMessage, done.logs).toBeNull();
    expect(done.logs).toContain('built by build');
    expect(tookMs).toBeLessThan(30_000);
    expect(around).toEqual(['builds', 'state']);
    expect(await deploy()).toBe('ok');
  });
});

describe('a package.json that cannot be built says why', () => {
  it.each<[string, () => string | Uint8Array, RegExp]>([
    [
      '50 MB',
      () => json({ huge: 'x'.repeat(50 * 2 ** 20) }),
      /package\.json cannot be read: it has 50\.0 MB, and at most 8 /,
    ],
    ['endless nesting', () => `{"deep":${'['.repeat(4_000_000)}`, /package\.json:1:\d+ is not valid JSON/],
    ['a NUL byte', () => '{"name":"a\0b"}', /package\.json:1:11 is not valid JSON: Bad control character/],
    ['a NUL byte between tokens', () => '{"name":\0}', /is not valid JSON: Unexpected token '\\u0000'/],
    ['UTF-16', () => Buffer.from(json({}), 'utf16le'), /package\.json:1:2 is not valid JSON/],
    ['an array', () => '[]', /must hold a JSON object/],
    ['null', () => 'null', /must hold a JSON object/],
    [
      'scripts of wrong types',
      () => json({ scripts: { build: ['x'], start: { a: 1 } }, main: 'gone.js' }),
      /Build output not found at .*gone\.js/,
    ],
    [
      'a build script of 7 MB',
      () => json({ scripts: { ...scripts, build: `node build.cjs ${'x'.repeat(7 * 2 ** 20)}` } }),
      /Build failed with exit code/,
    ],
    [
      'a NUL in the build script',
      () => json({ scripts: { ...scripts, build: 'node build.cjs \0' } }),
      /Build failed with exit code/,
    ],
    // What npm says of them is in the log.
    ['a bin that npm cannot read', () => json({ bin: [1] }), /Build failed with exit code 1/],
    [
      'a declaration of nothing',
      () => json({ devEngines: { packageManager: [null] } }),
      /Build failed with exit code 1/,
    ],
    ['a declaration of a wrong type', () => json({ devEngines: 'npm' }), /Build failed with exit code 1/],
    [
      'a manager with path parts',
      () => json({ packageManager: '../../bin/sh@1.0.0' }),
      /asks for "\.\.\/\.\.\/bin\/sh" in packageManager; known are/,
    ],
  ])('%s', async (_, manifest, message) => {
    const { build: done, tookMs, around } = await build(manifest());
    expect(done).toMatchObject({ status: 'failed', errorMessage: expect.stringMatching(message) as string });
    expect(done.errorMessage).not.toContain('\0');
    expect(done.errorMessage?.length).toBeLessThan(2000);
    expect(tookMs).toBeLessThan(30_000);
    expect(around).toEqual(['builds', 'state']);
  });

  it('a pipe or a device in its place', async () => {
    const { runner } = testRunner();
    const make = (path: string): string => (execFileSync('mkfifo', [join(path, 'package.json')]), path);
    const device = await writeFiles(tempFolder(), { 'package.json': { link: '/dev/zero' } });
    const folder = await writeFiles(tempFolder(), { 'package.json/a': '' });
    for (const path of [make(tempFolder()), device, folder]) {
      const project = projectRecord(path);
      const done = await runner.build(project, buildRecord(deploymentRecord(project)));
      expect(done.errorMessage).toMatch(
        /package\.json (cannot be read: it is no regular file|is a symlink to)/,
      );
    }
  });

  it('a link to a file of the machine, of which nothing is quoted', async () => {
    const secret = await writeFiles(tempFolder(), { shadow: 'root:hunter2:0:0' });
    const path = await writeFiles(tempFolder(), { 'package.json': { link: join(secret, 'shadow') } });
    const { runner } = testRunner();
    const project = projectRecord(path);
    const done = await runner.build(project, buildRecord(deploymentRecord(project)));
    expect(done.errorMessage).toMatch(
      /package\.json is a symlink to .*shadow, which is outside of the project/,
    );
    expect(done.logs).not.toContain('root:');
  });
});

describe('an install of a hostile package.json', () => {
  it.each([
    ['a name with path parts', json({ name: '../../../evil' })],
    ['dependencies with path parts', json({ dependencies: { '../../evil': '1.0.0' } })],
    ['dependencies that are a flag', json({ dependencies: { '--prefix': '/tmp/evil' } })],
    ['a dependency on __proto__', '{"main":"server.cjs","dependencies":{"__proto__":"1.0.0"}}'],
  ])('with %s ends, and leaves nothing outside of its folder', async (_, manifest) => {
    const { build: done, around } = await build(manifest, false);
    expect(done.completedAt).toBeInstanceOf(Date);
    expect(done.errorMessage ?? 'Dependency installation failed').toContain('Dependency installation failed');
    expect(around).toEqual(['builds', 'state']);
    expect(readdirSync(dirname(dirname(done.logPath ?? '')))).not.toContain('evil');
  });
});

it('a start script with a NUL is built, and its deploy says what is wrong', async () => {
  const { build: done, deploy } = await build(
    json({ scripts: { ...scripts, start: 'node server.cjs a\0b' } }),
  );
  expect(done.errorMessage, done.logs).toBeNull();
  await expect(deploy()).rejects.toThrow(/without null bytes/);
});

import { memoryDirectory } from '@project-runner/conformance';
import type { DirectorySnapshot } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { astro } from './astro.ts';

const scripts = { build: 'astro build' };
const dependencies = { astro: '7.0.0' };
const withAdapter = { ...dependencies, '@astrojs/node': '11.0.0' };

describe('detect', () => {
  const detect = (scripts: Record<string, string>, files: Record<string, string> = {}): unknown =>
    astro().detect(memoryDirectory(files, { manifest: { scripts, dependencies } }))?.strength;

  it.each([
    'astro preview',
    'astro dev',
    'HOST=0.0.0.0 astro preview',
    'node dist/server/entry.mjs',
    'node ./dist/server/entry.mjs',
  ])('knows its server by the start script %s', (start) => {
    expect(detect({ start })).toBe('specific');
  });

  it.each(['node server.mjs', 'node --import ./trace.mjs dist/server/entry.mjs', 'mastra start'])(
    'leaves a server of the project alone: %s',
    (start) => {
      expect(detect({ start, ...scripts }, { 'astro.config.mjs': '' })).toBeUndefined();
    },
  );

  it('goes by the build script where there is no start script, and by files only where nobody knows better', () => {
    expect(detect({ build: 'astro check && astro build' })).toBe('specific');
    expect(detect({ build: 'mastra build' }, { 'astro.config.ts': '' })).toBe('fallback');
    expect(detect({}, { 'astro.config.mjs': '' })).toBe('fallback');
    expect(detect({ build: 'tsc' })).toBeUndefined();
  });

  it('needs the dependency', () => {
    const project = memoryDirectory({ 'astro.config.mjs': '' }, { manifest: { scripts } });
    expect(astro().detect(project)).toBeNull();
    const dev = memoryDirectory({}, { manifest: { scripts, devDependencies: dependencies } });
    expect(astro().detect(dev)).toEqual({ strength: 'specific', reason: 'dependency astro' });
  });
});

describe('a build', () => {
  const built = (files: Record<string, string>, found: object = withAdapter, scripted: object = scripts) =>
    memoryDirectory(files, { manifest: { scripts: { ...scripted }, dependencies: { ...found } } });

  it('runs the script, without telemetry', () => {
    const env = { ASTRO_TELEMETRY_DISABLED: '1' };
    expect(astro().build(built({}))).toEqual({ script: 'build', env });
    expect(astro().build(built({}, withAdapter, {}))).toEqual({ env });
  });

  it('makes a server that is started by its absolute path', () => {
    const project = built({ 'out/server/entry.mjs': 'var mode = "standalone";' });
    expect(astro({ outDir: './out' }).output(project)).toBe('out/server/entry.mjs');
    expect(astro({ outDir: 'out', cwd: 'data' }).start(project)).toEqual({
      command: { file: 'node', args: ['/project/out/server/entry.mjs'] },
      cwd: 'data',
    });
  });

  it.each<[string, DirectorySnapshot, RegExp, RegExp]>([
    [
      'a static site',
      built({ 'dist/index.html': '' }, dependencies),
      /not found at \/project\/dist\/server\/entry\.mjs: without an adapter Astro makes a static site/,
      /astro add node.*mode: 'standalone'/,
    ],
    [
      'a static site, the adapter being unused',
      built({ 'dist/index.html': '' }),
      /Astro made a static site and no server/,
      /Set adapter: node\(\{ mode: 'standalone' \}\)/,
    ],
    [
      "another platform's function",
      built({}, { ...dependencies, '@astrojs/vercel': '10' }),
      /@astrojs\/vercel builds for another platform/,
      /mode: 'standalone'/,
    ],
    [
      'a middleware',
      built({ 'dist/server/entry.mjs': 'var mode = "middleware";' }),
      /entry\.mjs is a middleware for a server and listens nowhere/,
      /mode: 'standalone'.*start script/,
    ],
    [
      'a middleware, by an adapter of former days',
      built({ 'dist/server/entry.mjs': 'const _args = {\n  "mode": "middleware",\n};' }),
      /listens nowhere/,
      /standalone/,
    ],
    ['something elsewhere', built({ 'out/server/entry.mjs': '' }), /entry\.mjs$/, /astro\(\{ outDir \}\)/],
    ['nothing', built({}, dependencies, {}), /entry\.mjs$/, /Add "build": "astro build"/],
  ])('that made %s says what to change', (_, project, message, hint) => {
    let failure: unknown;
    try {
      astro().output(project);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({
      code: 'OUTPUT_MISSING',
      plugin: 'framework:astro',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });
});

it('takes probe and drain time from the options, and tells the address', () => {
  expect([astro().healthPath, astro().drainSeconds]).toEqual([undefined, 10]);
  expect(astro({ healthPath: '/up', drainSeconds: 20 })).toMatchObject({
    healthPath: '/up',
    drainSeconds: 20,
  });
  expect(astro().env({ host: '127.0.0.1', port: 4111 })).toEqual({ PORT: '4111', HOST: '127.0.0.1' });
});

import { memoryDirectory } from '@project-runner/conformance';
import type { DirectorySnapshot } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { nitro } from './nitro.ts';

const dependencies = { nitropack: '2.0.0' };

describe('detect', () => {
  const detect = (scripts: Record<string, string>, files: Record<string, string> = {}): unknown =>
    nitro().detect(memoryDirectory(files, { manifest: { scripts, dependencies } }))?.strength;

  it.each([
    'nuxt start',
    'nuxi preview',
    'nitro preview --port 3000',
    'vite preview',
    'node .output/server/index.mjs',
    'node ./.output/server',
  ])('knows its server by the start script %s', (start) => {
    expect(detect({ start })).toBe('specific');
  });

  it.each(['node server.js', 'node --import ./trace.mjs .output/server/index.mjs', 'mastra start'])(
    'leaves a server of the project alone: %s',
    (start) => {
      expect(detect({ start, build: 'nuxt build' }, { 'nuxt.config.ts': '' })).toBeUndefined();
    },
  );

  it('goes by the build script where there is no start script, and by files only where nobody knows better', () => {
    expect(detect({ build: 'nuxt build' })).toBe('specific');
    expect(detect({ build: 'nuxt generate' })).toBe('specific');
    expect(detect({ build: 'vite build' })).toBe('specific');
    expect(detect({ build: 'mastra build' }, { 'nitro.config.ts': '' })).toBe('fallback');
    expect(detect({}, { 'nuxt.config.ts': '' })).toBe('fallback');
    expect(detect({ build: 'tsc' })).toBeUndefined();
  });

  it.each(['nuxt', 'nitro', 'nitropack'])('needs one of its dependencies: %s', (name) => {
    const manifest = { scripts: { build: 'vite build' }, devDependencies: { [name]: '1' } };
    expect(nitro().detect(memoryDirectory({}, { manifest }))?.reason).toBe(`dependency ${name}`);
    expect(
      nitro().detect(memoryDirectory({}, { manifest: { ...manifest, devDependencies: {} } })),
    ).toBeNull();
  });
});

const built = (files: Record<string, string>, scripts: Record<string, string> = {}): DirectorySnapshot =>
  memoryDirectory(files, { manifest: { dependencies, scripts } });
const entry = { '.output/server/index.mjs': '' };
const report = (preset: unknown): Record<string, string> => ({
  '.output/nitro.json': JSON.stringify({ preset }),
});

describe('a build', () => {
  it('is for Node, whatever the config says', () => {
    const env = { NITRO_PRESET: 'node-server', NUXT_TELEMETRY_DISABLED: '1' };
    expect(nitro().build(built({}, { build: 'nitro build' }))).toEqual({ script: 'build', env });
    expect(nitro().build(built({}))).toEqual({ env });
  });

  it.each([
    [{ ...entry, ...report('node-server') }],
    [{ ...entry, ...report('node_cluster') }],
    [entry],
    [{ ...entry, ...report(5) }],
    [{ ...entry, '.output/nitro.json': 'no JSON' }],
  ])('of %j is a server', (files) => {
    expect(nitro().output(built(files))).toBe('.output/server/index.mjs');
  });

  it.each<[string, DirectorySnapshot, RegExp, RegExp]>([
    [
      'a static site',
      built(report('static')),
      /not found at \/project\/\.output\/server\/index\.mjs: .*the preset static/,
      /without --preset and not `nuxt generate`/,
    ],
    [
      'a function',
      built({ ...entry, ...report('aws-lambda') }),
      /preset aws-lambda, .*no server/,
      /--preset/,
    ],
    ['nothing', built({}, { build: 'tsc' }), /index\.mjs$/, /Let the build script run `nuxt build`/],
    ['no build script', built({}), /index\.mjs$/, /Add "build": "nuxt build"/],
  ])('that made %s says what to change', (_, project, message, hint) => {
    let failure: unknown;
    try {
      nitro().output(project);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({
      code: 'OUTPUT_MISSING',
      plugin: 'framework:nitro',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });
});

describe('a server', () => {
  it('is told its address by both names, and to end in time', () => {
    expect(nitro().env({ host: '127.0.0.1', port: 4111 })).toEqual({
      PORT: '4111',
      HOST: '127.0.0.1',
      NITRO_PORT: '4111',
      NITRO_HOST: '127.0.0.1',
    });
    expect(nitro({ drainSeconds: 20, cwd: 'data' }).start(built(entry))).toEqual({
      command: {
        file: 'node',
        args: ['/project/.output/server/index.mjs'],
        env: { NITRO_SHUTDOWN_TIMEOUT: '20000' },
      },
      cwd: 'data',
    });
    expect(nitro().start(built(entry)).cwd).toBe('release');
  });

  it('takes probe and drain time from the options', () => {
    expect([nitro().healthPath, nitro().drainSeconds]).toEqual([undefined, 10]);
    expect(nitro({ healthPath: '/up', drainSeconds: 20 })).toMatchObject({
      healthPath: '/up',
      drainSeconds: 20,
    });
  });
});

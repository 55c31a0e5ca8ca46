import { memoryDirectory } from '@project-runner/conformance';
import type { DirectorySnapshot } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { svelteKit } from './svelte-kit.ts';

const scripts = { build: 'vite build' };
const devDependencies = { '@sveltejs/kit': '3.0.0' };
const withAdapter = { ...devDependencies, '@sveltejs/adapter-node': '6.0.0' };

describe('detect', () => {
  const detect = (
    scripts: Record<string, string>,
    files: Record<string, string> = {},
    out = 'build',
  ): unknown =>
    svelteKit({ out }).detect(memoryDirectory(files, { manifest: { scripts, devDependencies } }))?.strength;

  it.each([
    'vite preview',
    'vite dev --port 3000',
    'node build',
    'node build/',
    'node ./build/index.js',
    'node build/index',
  ])('knows its server by the start script %s', (start) => {
    expect(detect({ start })).toBe('specific');
  });

  it('knows it in the folder that the options name, and only there', () => {
    expect(detect({ start: 'node dist' }, {}, './dist')).toBe('specific');
    expect(detect({ start: 'node dist' })).toBeUndefined();
  });

  it.each([
    'node server.js',
    'node --import ./trace.js build',
    'node -r dotenv/config build',
    'mastra start',
  ])('leaves a server of the project alone: %s', (start) => {
    expect(detect({ start, ...scripts }, { 'svelte.config.js': '' })).toBeUndefined();
  });

  it('goes by the build script where there is no start script, and by files only where nobody knows better', () => {
    expect(detect({ build: 'svelte-kit sync && vite build' })).toBe('specific');
    expect(detect({ build: 'mastra build' }, { 'svelte.config.js': '' })).toBe('fallback');
    expect(detect({}, { 'src/app.html': '' })).toBe('fallback');
    expect(detect({ build: 'tsc' })).toBeUndefined();
  });

  it('needs the dependency', () => {
    const project = memoryDirectory({ 'svelte.config.js': '' }, { manifest: { scripts } });
    expect(svelteKit().detect(project)).toBeNull();
    const there = memoryDirectory({}, { manifest: { scripts, dependencies: devDependencies } });
    expect(svelteKit().detect(there)).toEqual({ strength: 'specific', reason: 'dependency @sveltejs/kit' });
  });
});

describe('a build', () => {
  const built = (files: Record<string, string>, found: object = withAdapter, scripted: object = scripts) =>
    memoryDirectory(files, { manifest: { scripts: { ...scripted }, devDependencies: { ...found } } });

  it('runs the script', () => {
    expect(svelteKit().build(built({}))).toEqual({ script: 'build' });
    expect(svelteKit().build(built({}, withAdapter, {}))).toEqual({});
  });

  it('makes a server that is started by its absolute path, and told to end in time', () => {
    const project = built({ 'dist/index.js': '' });
    expect(svelteKit({ out: './dist' }).output(project)).toBe('dist/index.js');
    expect(
      svelteKit({ out: 'dist', cwd: 'data', drainSeconds: 20, envPrefix: 'MY_' }).start(project),
    ).toEqual({
      command: { file: 'node', args: ['/project/dist/index.js'], env: { MY_SHUTDOWN_TIMEOUT: '20' } },
      cwd: 'data',
    });
  });

  it.each<[string, DirectorySnapshot, RegExp, RegExp]>([
    [
      'a static site',
      built({ 'build/index.html': '' }, { ...devDependencies, '@sveltejs/adapter-static': '4' }),
      /not found at \/project\/build\/index\.js: @sveltejs\/adapter-static makes no server for Node/,
      /Add @sveltejs\/adapter-node to devDependencies.*adapter in svelte\.config\.js/,
    ],
    [
      'nothing that lasts',
      built({}, devDependencies),
      /SvelteKit without an adapter makes no server/,
      /Add @sveltejs\/adapter-node/,
    ],
    [
      "another platform's function in spite of the adapter",
      built({}, { ...withAdapter, '@sveltejs/adapter-vercel': '7' }),
      /index\.js$/,
      /adapter-node as adapter instead of @sveltejs\/adapter-vercel.*svelteKit\(\{ out \}\)/,
    ],
    [
      'something elsewhere',
      built({ 'dist/index.js': '' }),
      /index\.js$/,
      /as adapter, and where that sets out/,
    ],
    ['no build script', built({}, withAdapter, {}), /index\.js$/, /Add "build": "vite build"/],
  ])('that made %s says what to change', (_, project, message, hint) => {
    let failure: unknown;
    try {
      svelteKit().output(project);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({
      code: 'OUTPUT_MISSING',
      plugin: 'framework:sveltekit',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });
});

it('takes probe and drain time from the options, and tells the address under the prefix', () => {
  expect([svelteKit().healthPath, svelteKit().drainSeconds]).toEqual([undefined, 10]);
  expect(svelteKit({ healthPath: '/up', drainSeconds: 20 })).toMatchObject({
    healthPath: '/up',
    drainSeconds: 20,
  });
  const address = { host: '127.0.0.1', port: 4111 };
  expect(svelteKit().env(address)).toEqual({ PORT: '4111', HOST: '127.0.0.1' });
  expect(svelteKit({ envPrefix: 'MY_' }).env(address)).toEqual({ MY_PORT: '4111', MY_HOST: '127.0.0.1' });
});

import { memoryDirectory } from '@project-runner/conformance';
import type { DirectorySnapshot } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { next } from './next.ts';

const dependencies = { next: '16.0.0' };
const scripts = { build: 'next build' };

describe('detect', () => {
  const strength = (start?: string, build?: string, files: Record<string, string> = {}): string | undefined =>
    next().detect(
      memoryDirectory(files, {
        manifest: { dependencies, scripts: { ...(start ? { start } : {}), ...(build ? { build } : {}) } },
      }),
    )?.strength;

  it.each([
    'next start',
    'next dev',
    'NODE_ENV=production next start -p $PORT',
    'npm run build && next start',
    'node .next/standalone/server.js',
    'node ./.next/standalone/apps/web/server.js',
  ])('knows its server by the start script %s', (start) => {
    expect(strength(start)).toBe('specific');
  });

  it.each([
    'node server.js',
    'tsx src/next.ts',
    'node --import ./trace.mjs .next/standalone/server.js',
    'mastra start',
  ])('leaves a server of the project alone: %s', (start) => {
    expect(strength(start, 'next build', { 'next.config.js': '' })).toBeUndefined();
  });

  it('goes by the build script where there is no start script, and by files only where nobody knows better', () => {
    expect(strength(undefined, 'prisma generate && next build')).toBe('specific');
    expect(strength(undefined, 'mastra build', { 'next.config.ts': '' })).toBe('fallback');
    expect(strength(undefined, undefined, { 'src/app/page.tsx': '' })).toBe('fallback');
    expect(strength(undefined, 'tsc')).toBeUndefined();
  });

  it('needs the dependency', () => {
    const project = memoryDirectory({ 'next.config.js': '' }, { manifest: { scripts } });
    expect(next().detect(project)).toBeNull();
    const dev = memoryDirectory({}, { manifest: { scripts, devDependencies: dependencies } });
    expect(next().detect(dev)).toEqual({ strength: 'specific', reason: 'dependency next' });
  });
});

const built = (files: Record<string, string>, report?: unknown, distDir = '.next'): DirectorySnapshot =>
  memoryDirectory(
    {
      ...files,
      ...(report === undefined ? {} : { [`${distDir}/required-server-files.json`]: JSON.stringify(report) }),
    },
    { manifest: { dependencies, scripts } },
  );

describe('a build', () => {
  it('is standalone without the project asking for it, and without telemetry', () => {
    const env = { NEXT_PRIVATE_STANDALONE: '1', NEXT_TELEMETRY_DISABLED: '1' };
    expect(next().build(built({}))).toEqual({ script: 'build', env });
    expect(next().build(memoryDirectory({}, { manifest: { dependencies } }))).toEqual({ env });
  });

  it('is found where the root is further up, and its assets go there', () => {
    const project = built(
      {
        '.next/standalone/apps/web/server.js': '',
        '.next/static/chunks/main.js': '',
        'public/hello.txt': '',
      },
      { relativeAppDir: 'apps/web', config: { output: 'standalone' } },
    );
    expect(next().output(project)).toBe('.next/standalone/apps/web/server.js');
    expect(next().copies?.(project)).toEqual([
      { from: 'public', to: '.next/standalone/apps/web/public' },
      { from: '.next/static', to: '.next/standalone/apps/web/.next/static' },
    ]);
    expect(next().start(project)).toEqual({
      command: { file: 'node', args: ['/project/.next/standalone/apps/web/server.js'] },
      cwd: 'release',
    });
  });

  it('that ran on Windows, or into another folder, is found', () => {
    const project = built(
      { 'out/standalone/apps/web/server.js': '' },
      { relativeAppDir: 'apps\\web' },
      'out',
    );
    expect(next({ distDir: 'out' }).output(project)).toBe('out/standalone/apps/web/server.js');
  });

  it('has no assets to copy where there are none', () => {
    expect(next().copies?.(built({ '.next/standalone/server.js': '' }, { relativeAppDir: '' }))).toEqual([]);
  });

  it.each([
    ['no JSON'],
    ['null'],
    ['{"relativeAppDir":5}'],
    ['{"relativeAppDir":"../../.."}'],
    ['{"config":null}'],
  ])('with the report %s is looked for in its usual place, never outside', (text) => {
    const project = built({ '.next/standalone/server.js': '', '.next/required-server-files.json': text });
    expect(next().output(project)).toBe('.next/standalone/server.js');
  });
});

describe('a build without a server', () => {
  const failure = (project: DirectorySnapshot): unknown => {
    try {
      return next().output(project);
    } catch (error) {
      return error;
    }
  };

  it.each<[string, DirectorySnapshot, RegExp, RegExp]>([
    [
      'a static export',
      built({}, { relativeAppDir: '', config: { output: 'export' } }),
      /not found at \/project\/\.next\/standalone\/server\.js: .*output: "export".*no server/,
      /Set output: 'standalone' in next\.config/,
    ],
    [
      'another folder, or a Next that knows no standalone',
      built({}, { relativeAppDir: '', config: {} }),
      /made no standalone server/,
      /output: 'standalone'.*next\(\{ distDir \}\)/,
    ],
    [
      'no build script',
      memoryDirectory({}, { manifest: { dependencies } }),
      /not found at \/project\/\.next\/standalone\/server\.js$/,
      /"build": "next build"/,
    ],
  ])('says what to change: %s', (_, project, message, hint) => {
    expect(failure(project)).toMatchObject({
      code: 'OUTPUT_MISSING',
      plugin: 'framework:next',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });
});

it('takes probe and drain time from the options, and tells the address', () => {
  expect([next().healthPath, next().drainSeconds]).toEqual([undefined, 10]);
  expect(next({ healthPath: '/api/up', drainSeconds: 20 })).toMatchObject({
    healthPath: '/api/up',
    drainSeconds: 20,
  });
  expect(next().env({ host: '127.0.0.1', port: 4111 })).toEqual({ PORT: '4111', HOSTNAME: '127.0.0.1' });
});

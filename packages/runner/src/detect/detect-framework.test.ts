import type { FrameworkPlugin } from '@project-runner/core';
import { PluginSet } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from '../build/build-fixture.test-support.ts';
import { defaultPlugins } from '../default-plugins.ts';
import { detectFramework } from './detect-framework.ts';
import { snapshotDirectory } from './snapshot-directory.ts';

const preset = PluginSet.from(defaultPlugins()).all('framework');

const detect = (
  dependencies: readonly string[],
  scripts: Readonly<Record<string, string>>,
  files: readonly string[] = [],
  frameworks: readonly FrameworkPlugin[] = preset,
): string => {
  const dir = writeFiles(tempFolder(), {
    'package.json': {
      json: { scripts, dependencies: Object.fromEntries(dependencies.map((name) => [name, '1.0.0'])) },
    },
    ...Object.fromEntries(files.map((file) => [file, ''])),
  });
  return detectFramework(snapshotDirectory(dir), frameworks).plugin.name;
};

const mastra = ['@mastra/core', 'mastra'];
const agents = ['src/mastra/index.ts'];

describe('a project', () => {
  it.each<[string, string, readonly string[], Readonly<Record<string, string>>, (readonly string[])?]>([
    ['next', 'as made by create-next-app', ['next'], { build: 'next build', start: 'next start' }],
    ['nitro', 'as made by create nuxt', ['nuxt'], { build: 'nuxt build', postinstall: 'nuxt prepare' }],
    ['astro', 'as made by create astro', ['astro'], { build: 'astro build', preview: 'astro preview' }],
    ['sveltekit', 'as made by sv create', ['@sveltejs/kit', 'vite'], { build: 'vite build' }],
    ['mastra', 'as made by create-mastra', mastra, { build: 'mastra build', start: 'mastra start' }, agents],
    [
      'node',
      'that bundles its server by vite',
      ['vite', 'express'],
      { build: 'vite build', start: 'node dist' },
    ],
    [
      'node',
      'with a server around Next',
      ['next', 'express'],
      { build: 'next build', start: 'node server.js' },
    ],
    [
      'next',
      'of Next with agents in it',
      ['next', ...mastra],
      { build: 'next build', start: 'next start' },
      agents,
    ],
    [
      'mastra',
      'of Mastra with pages beside',
      ['next', ...mastra],
      { build: 'mastra build' },
      ['app/page.tsx', ...agents],
    ],
    ['astro', 'that nothing but its config tells', ['astro'], { build: './build.sh' }, ['astro.config.mjs']],
  ])('is %s: one %s', (name, _, dependencies, scripts, files) => {
    expect(detect(dependencies, scripts, files)).toBe(name);
  });

  it('is what a plugin of the user says, if only as a fallback where the preset has no more', () => {
    const own = (strength: 'specific' | 'fallback'): FrameworkPlugin => ({
      kind: 'framework',
      name: 'own',
      apiVersion: 1,
      drainSeconds: 1,
      detect: () => ({ strength, reason: 'a test' }),
      build: () => ({}),
      output: () => null,
      start: () => ({ command: { file: 'node', args: [] }, cwd: 'release' }),
      env: () => ({}),
    });
    const next = { build: 'next build', start: 'next start' };
    expect(detect(['next'], next, [], [...preset, own('specific')])).toBe('own');
    expect(detect(['next'], next, [], [...preset, own('fallback')])).toBe('next');
    expect(detect(['express'], { start: 'node server.js' }, [], [...preset, own('fallback')])).toBe('own');
  });

  it('that nobody knows is refused, with those that were asked', () => {
    expect(() => detect([], {})).toThrowError(
      expect.objectContaining({
        code: 'FRAMEWORK_UNKNOWN',
        message: expect.stringContaining('asked: node, mastra, next, nitro, astro, sveltekit') as string,
      }),
    );
  });
});

it('says of the root of a workspace what to build instead', () => {
  const dir = writeFiles(tempFolder(), { 'package.json': '{}', 'pnpm-workspace.yaml': '' });
  const root = snapshotDirectory(dir);
  expect(() => detectFramework(root, [])).toThrowError(
    expect.objectContaining({ hint: expect.stringContaining('root of a workspace') as string }),
  );
});

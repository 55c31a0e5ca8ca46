import { memoryDirectory } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { mastra } from './mastra.ts';

const cli = { devDependencies: { mastra: '1.0.0' } };
const core = { dependencies: { '@mastra/core': '1.0.0' } };
const output = { '.mastra/output/index.mjs': '' };

describe('detect', () => {
  it.each([
    ['the CLI', {}, cli, 'dependency mastra'],
    ['sources', { 'src/mastra/index.ts': '' }, core, 'dependency @mastra/core'],
    ['sources in JavaScript', { 'mastra/index.js': '' }, core, 'dependency @mastra/core'],
    ['a script', {}, { ...core, scripts: { deploy: 'npx mastra build --dir x' } }, 'dependency @mastra/core'],
    ['an output', output, core, 'dependency @mastra/core'],
  ])('knows a server by %s', (_, files, manifest, reason) => {
    expect(mastra().detect(memoryDirectory(files, { manifest }))).toEqual({ strength: 'specific', reason });
  });

  it.each([
    ['a library that depends on @mastra/core', { 'src/index.ts': '' }, core],
    ['a script that only looks like it', {}, { ...core, scripts: { build: 'mastra builder' } }],
    ['sources without the dependency', { 'src/mastra/index.ts': '' }, {}],
  ])('passes over %s', (_, files, manifest) => {
    expect(mastra().detect(memoryDirectory(files, { manifest }))).toBeNull();
  });
});

describe('build', () => {
  const plan = (files: Record<string, string>, manifest: object): unknown => {
    const { env, nestedInstall, ...rest } = mastra().build(memoryDirectory(files, { manifest }));
    expect(nestedInstall).toMatchObject({ dir: '.mastra/output' });
    expect(env).toEqual({ MASTRA_TELEMETRY_DISABLED: '1' });
    return rest;
  };
  const built = (path: string): unknown => ({ command: { file: 'node', args: [path, 'build'] } });
  const path = 'node_modules/mastra/dist/index.js';

  it('is the script where there is one', () => {
    expect(plan(output, { ...cli, scripts: { build: 'x' } })).toEqual({ script: 'build' });
  });

  it('is the CLI where there is no script, wherever it was installed', () => {
    expect(plan({}, cli)).toEqual(built(path));
    expect(plan({ [path]: '', [`../../${path}`]: '' }, cli)).toEqual(built(path));
    expect(plan({ [`../../${path}`]: '' }, cli)).toEqual(built(`../../${path}`));
  });

  it('is the CLI also where there is an output, which may be an old one', () => {
    expect(plan({ ...output, [path]: '' }, cli)).toEqual(built(path));
  });

  it('is nothing where the CLI is not installed and the output is there, or there is no CLI', () => {
    expect(plan(output, cli)).toEqual({});
    expect(plan({ [path]: '' }, core)).toEqual({});
  });
});

describe('readyMessage', () => {
  it.each([
    [{ type: 'server-ready', port: 4112 }, { port: 4112 }],
    [{ type: 'server-ready' }, {}],
    [{ type: 'server-ready', port: '4112' }, {}],
    [{ type: 'ready', port: 4112 }, null],
    ['server-ready', null],
    [null, null],
  ])('%j', (message, expected) => {
    expect(mastra().readyMessage?.(message)).toEqual(expected);
  });
});

it('takes its drain time from the options', () => {
  expect([mastra().drainSeconds, mastra({ drainSeconds: 20 }).drainSeconds]).toEqual([16, 20]);
});

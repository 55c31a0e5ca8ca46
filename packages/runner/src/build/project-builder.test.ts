import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { BuildOptions, ProjectSource } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { buildRecord, projectRecord } from '../records.test-support.ts';
import { localSource, tempFolder, testBuilder, writeFiles } from './build-fixture.test-support.ts';

/** A project that needs no install and no build. */
const folder = (scripts: Record<string, string> = {}): string =>
  writeFiles(tempFolder(), {
    'package.json': { json: { scripts: { start: 'node server.mjs', ...scripts } } },
    'server.mjs': '',
  });

/** A source that never answers by itself. */
function hanging(): { source: ProjectSource; asked: Promise<string>; answer(path: string): void } {
  const asked = Promise.withResolvers<string>();
  const answer = Promise.withResolvers<string>();
  const source: ProjectSource = {
    getProjectPath: (_, targetDir) => (asked.resolve(targetDir), answer.promise),
  };
  return { source, asked: asked.promise, answer: answer.resolve };
}

describe('a source that hangs', () => {
  it('is ended by the timeout of the build, and gives its place to the next', async () => {
    const { build } = testBuilder({ maxConcurrentBuilds: 1 });
    const { source } = hanging();
    const late = build('unused', { timeoutMs: 30 }, { source });
    const next = build(folder());
    expect((await late).errorMessage).toContain('Build timed out after 30 ms');
    expect((await next).errorMessage).toBeNull();
  });

  it('is ended by cancel and by shutdown', async () => {
    const { builder, build } = testBuilder();
    const [first, second] = [hanging(), hanging()];
    const cancel = new AbortController();
    const cancelled = build('unused', { signal: cancel.signal }, { source: first.source });
    const closed = build('unused', {}, { source: second.source });
    await Promise.all([first.asked, second.asked]);
    cancel.abort();
    expect((await cancelled).errorMessage).toBe('Build was cancelled');
    await builder.cancelAll();
    expect((await closed).errorMessage).toBe('Build was cancelled');
  });

  it('makes no release when it answers late, and what it wrote goes', async () => {
    const { build, buildDir } = testBuilder();
    const { source, asked, answer } = hanging();
    const shop = projectRecord('unused');
    const record = buildRecord();
    const cancel = new AbortController();
    const records = { source, project: shop, build: record };
    const cancelled = build('unused', { signal: cancel.signal }, records);
    const targetDir = await asked;
    cancel.abort();
    expect((await cancelled).status).toBe('failed');
    writeFiles(targetDir, { 'package.json': { json: { main: 'server.mjs' } }, 'server.mjs': '' });
    answer(targetDir);
    await expect.poll(() => existsSync(targetDir)).toBe(false);
    expect(readdirSync(join(buildDir, shop.id))).toEqual([`${record.id}.log`]);
  });
});

describe('a build that fails', () => {
  it('leaves its log and nothing else', async () => {
    const { build, buildDir } = testBuilder();
    const shop = projectRecord(folder({ build: 'exit 3' }));
    const { id, errorMessage, logPath, log } = await build('', {}, { project: shop });
    expect(errorMessage).toContain('Build failed with exit code 3');
    expect(readdirSync(join(buildDir, shop.id))).toEqual([`${id}.log`]);
    expect(readFileSync(logPath ?? '', 'utf8')).toBe(`${log.join('\n')}\n`);
  });

  it('keeps the release of an earlier build of the same id when it was cancelled before its turn', async () => {
    const { build, buildDir } = testBuilder();
    const again = { project: projectRecord(folder()), build: buildRecord() };
    await build('', {}, again);
    const { status, startedAt } = await build('', { signal: AbortSignal.abort() }, again);
    expect([status, startedAt]).toEqual(['failed', null]);
    const { id } = again.build;
    expect(readdirSync(join(buildDir, again.project.id)).sort()).toEqual([
      id,
      `${id}.log`,
      `${id}.release.json`,
    ]);
  });
});

it('builds a Mastra project whose CLI is hoisted to the root of its workspace', async () => {
  const cli = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    mkdirSync('.mastra/output', { recursive: true });
    writeFileSync('.mastra/output/index.mjs', '');
    console.log('cli', process.argv[2], process.env.pnpm_config_strict_dep_builds);`;
  const root = writeFiles(tempFolder(), {
    'pnpm-workspace.yaml': 'packages:\n  - apps/*\n',
    'pnpm-lock.yaml': '',
    'node_modules/mastra/package.json': { json: { type: 'module' } },
    'node_modules/mastra/dist/index.js': cli,
    'apps/agent/package.json': { json: { devDependencies: { mastra: '1.0.0' } } },
  });
  const { errorMessage, log } = await testBuilder().build(join(root, 'apps/agent'));
  expect(errorMessage, log.join('\n')).toBeNull();
  expect(log).toContain('cli build false');
});

it('builds what a framework’s own command needs of the workspace before it', async () => {
  const cli = `
    import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
    mkdirSync('.mastra/output', { recursive: true });
    writeFileSync('.mastra/output/index.mjs', '');
    console.log('cli found', readFileSync('../../libs/tools/dist.txt', 'utf8'));`;
  const root = writeFiles(tempFolder(), {
    'package.json': { json: { workspaces: ['apps/*', 'libs/*'] } },
    'node_modules/mastra/package.json': { json: { type: 'module' } },
    'node_modules/mastra/dist/index.js': cli,
    'node_modules/tools': { link: '../libs/tools' },
    'node_modules/strange/package.json': { json: { name: 'strange' } },
    'libs/tools/package.json': { json: { name: 'tools', scripts: { build: 'echo built > dist.txt' } } },
    // Of the same name, and another one is installed.
    'libs/strange/package.json': { json: { name: 'strange', scripts: { build: 'exit 1' } } },
    'apps/agent/package.json': {
      json: { dependencies: { tools: '*', strange: '^1.0.0' }, devDependencies: { mastra: '1.0.0' } },
    },
  });
  const { errorMessage, log } = await testBuilder().build(join(root, 'apps/agent'));
  expect(errorMessage, log.join('\n')).toBeNull();
  expect(log).toContain('cli found built');
});

describe('options', () => {
  it.each([
    [{ timeoutMs: Infinity }, /wrong value for timeoutMs: expected a whole number .*found Infinity/],
    [{ timeoutMs: NaN }, /timeoutMs.*found NaN/],
    [{ timeoutMs: 0 }, /timeoutMs: expected a whole number from 1/],
    [{ timeoutMs: 2 ** 31 }, /timeoutMs/],
    [{ skipInstall: 'no' }, /skipInstall: expected true or false, found "no"/],
    [{ signal: {} }, /signal: expected an AbortSignal/],
    [{ signal: null }, /signal: expected an AbortSignal/],
    [{ envVars: { 'A=B': 'secret' } }, /envVars\["A=B"\]: expected a variable name without "="/],
    [null, /options: expected an object, found null/],
  ])('%j are refused by name', async (options, message) => {
    const { builder } = testBuilder();
    const { status, errorMessage, startedAt } = await builder.build({
      source: localSource,
      project: projectRecord(folder()),
      build: buildRecord(),
      options: options as BuildOptions,
    });
    expect({ status, startedAt }).toEqual({ status: 'failed', startedAt: null });
    expect(errorMessage).toMatch(message);
    expect(errorMessage).not.toContain('secret');
  });
});

describe('a host with bugs', () => {
  it('may have an onLog callback that rejects: one warning, no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const { build, warnings } = testBuilder();
    const bug = new Error('a bug of the host');
    const onLog = (): Promise<never> => Promise.reject(bug);
    expect((await build(folder(), {}, { onLog: onLog as never })).status).toBe('succeeded');
    // An own rejection comes after all that there may be, so that waiting for it is long enough.
    const probe = new Error('probe');
    const seen = once(process, 'unhandledRejection');
    void Promise.reject(probe);
    await seen;
    expect(unhandled).toEqual([probe]);
    expect(warnings).toEqual([['The onLog callback of a build threw', bug]]);
  });

  it('may have a logger that throws', async () => {
    const boom = (): never => {
      throw new Error('a bug of the logger');
    };
    const { build } = testBuilder({ logger: { debug: boom, info: boom, warn: boom, error: boom } });
    expect((await build('/no/such/folder', {}, { onLog: boom })).status).toBe('failed');
    expect((await build(folder(), {}, { onLog: boom })).status).toBe('succeeded');
  });

  it('may have its build folder in a workspace of its own', async () => {
    const host = writeFiles(tempFolder(), {
      'package.json': { json: { packageManager: 'deno@2.0.0', workspaces: ['**'] } },
      'yarn.lock': '# yarn lockfile v1\n',
    });
    const { build } = testBuilder({ buildDir: join(host, 'builds') });
    const { errorMessage, log } = await build(folder());
    expect(errorMessage).toBeNull();
    expect(log).toContain('Detected package manager: npm');
  });
});

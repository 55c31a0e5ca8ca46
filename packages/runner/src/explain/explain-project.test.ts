import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it, onTestFinished, vi } from 'vitest';

import { createProjectRunner } from '../create-project-runner.ts';
import { localRecords } from '../local-records.ts';
import { folder, manifest, program, testConfig } from './explain.test-support.ts';
import { explainProject } from './explain-project.ts';

/** Package managers that are asked for their version may leave something of Node's. */
function ownFiles(temp: string): string[] {
  return readdirSync(temp).filter((name) => name.startsWith('project-runner'));
}

/** A folder for temporary files of its own, to see what is left in it. */
function ownTemp(): string {
  const dir = folder();
  vi.stubEnv('TMPDIR', dir);
  onTestFinished(() => void vi.unstubAllEnvs());
  return dir;
}

it('tells what would be run, with names of variables only, and writes nothing', async () => {
  const dir = folder({
    'package.json': manifest({
      scripts: { start: 'node server.js', build: 'node build.js' },
      packageManager: 'npm@11.0.0',
    }),
    'server.js': '',
    '.env': 'FROM_FILE=hush-file',
  });
  const config = testConfig();
  const temp = ownTemp();
  const found = await explainProject(dir, config, {
    envVars: { MINE: 'hush-value' },
    secrets: { KEY: 'hush-key' },
  });
  expect(found).toMatchObject({
    dir,
    name: 'shop',
    workspaceRoot: null,
    packageManager: { name: 'npm', declaredIn: 'packageManager', wanted: '11.0.0', lockfile: null },
    framework: { name: 'node', reason: 'script start' },
    install: { file: 'npm', frozen: false, installScripts: false },
    build: { script: 'build', command: { file: 'npm', args: ['run', 'build'] }, output: 'server.js' },
    start: { file: 'node', args: [join(dir, 'server.js')], workingFolder: 'release', wrapped: false },
    variables: { address: ['HOST', 'HOSTNAME', 'PORT'], secret: ['KEY'] },
    health: { path: '/health', from: 'guess', probes: [{ key: 'health-probe:http', path: '/health' }] },
    ports: { strategy: 'port-strategy:range', start: 4111, end: 4200 },
    stop: { graceMs: 16_000 },
    cache: { built: false, changes: [], parts: { packageManager: 'npm', buildCommand: 'script build' } },
  });
  expect(found.variables.server).toEqual(expect.arrayContaining(['FROM_FILE', 'KEY', 'MINE']));
  expect(found.variables.build).not.toContain('FROM_FILE');
  expect(found.cache?.parts.variables).toEqual(expect.arrayContaining(['KEY', 'MINE']));
  expect(JSON.stringify(found)).not.toContain('hush');
  expect(existsSync(config.buildDir) || existsSync(config.stateDir)).toBe(false);
  expect(ownFiles(temp)).toEqual([]);
});

it('runs no code of the project, and gives secrets to nobody', async () => {
  const evil = `require('node:fs').writeFileSync('RAN', process.env.MINE ?? ''); console.log('9.9.9')`;
  const ran = join(folder(), 'ran');
  const bin = program('yarn', '[ -f evil.js ] && exec node evil.js\necho 1.22.22');
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const settings of [
    { '.yarnrc': 'yarn-path "./evil.js"\n' },
    { '.yarnrc.yml': 'yarnPath: ./evil.js\n' },
    { '.yarnrc.yml': '"yarnPath": ./evil.js\n' },
  ] as Record<string, string>[]) {
    const files = { 'yarn.lock': '', 'server.js': '', 'evil.js': evil.replace('RAN', ran), ...settings };
    const dir = folder({ 'package.json': manifest({ scripts: { start: 'node server.js' } }), ...files });
    const found = await explainProject(dir, testConfig(), { secrets: { MINE: 'hush' } });
    expect(found.packageManager).toMatchObject({
      name: 'yarn',
      found: null,
      foundReason: expect.stringMatching(/^not asked: the project brings its own/) as string,
    });
    expect(found.problem).toBeNull();
    expect(existsSync(ran)).toBe(false);
  }
});

it('asks a package manager without the variables of the user, and not in the project', async () => {
  const told = join(folder(), 'told');
  const bin = program('npm', `echo "$PWD $MINE $KEY $(cat package.json)" > ${told}\necho 11.0.0`);
  const dir = folder({
    'package.json': manifest({ scripts: { start: 'node server.js' }, packageManager: 'npm@11.0.0' }),
    'server.js': '',
  });
  const found = await explainProject(dir, testConfig(), {
    envVars: { MINE: 'hush', PATH: `${bin}:${process.env.PATH}` },
    secrets: { KEY: 'hush' },
  });
  expect(found.packageManager.found).toBe('11.0.0');
  const text = readFileSync(told, 'utf8');
  expect(text).toContain('{"packageManager":"npm@11.0.0"}');
  expect(text).not.toMatch(/hush|shop/);
  expect(text.startsWith(dir)).toBe(false);
});

it('says that what is to be started is not there, where no build could make it', async () => {
  const scripts = { start: 'node dist/server.js' };
  const found = async (files: Record<string, string>): Promise<unknown> =>
    (await explainProject(folder(files), testConfig())).problem;
  const missing = {
    code: 'OUTPUT_MISSING',
    message: expect.stringMatching(/not found at .*dist\/server\.js$/) as string,
    hint: expect.stringContaining('"build" script') as string,
  };
  expect(await found({ 'package.json': manifest({ scripts }) })).toEqual(missing);
  expect(await found({ 'package.json': manifest({ scripts }), 'dist/server.js': '' })).toBeNull();
  const build = { ...scripts, build: 'tsc' };
  expect(await found({ 'package.json': manifest({ scripts: build }) })).toBeNull();
  const other = { start: 'node server.js' };
  expect(await found({ 'package.json': manifest({ scripts: other }), 'server.js': '' })).toBeNull();
});

it('says what would fail the build: a yarn of the other kind, or none', async () => {
  const yarn = folder({
    'package.json': manifest({ scripts: { start: 'node server.js' }, packageManager: 'yarn@4.1.0' }),
    'server.js': '',
  });
  const PATH = `${program('yarn', 'echo 1.22.22')}:${process.env.PATH}`;
  const other = await explainProject(yarn, testConfig(), { envVars: { PATH } });
  expect(other).toMatchObject({
    packageManager: { found: '1.22.22' },
    problem: {
      code: 'PACKAGE_MANAGER_NOT_INSTALLED',
      message: 'the project asks for yarn 4.1.0, found is 1.22.22',
      hint: expect.stringContaining('Install yarn 4.1.0') as string,
    },
  });
  const none = await explainProject(yarn, testConfig(), { envVars: { PATH: '/nowhere' } });
  expect(none).toMatchObject({
    packageManager: { found: null, foundReason: 'not there' },
    problem: { code: 'PACKAGE_MANAGER_NOT_INSTALLED' },
    cacheReason: 'not known without the package manager',
  });
  const skipped = await explainProject(yarn, testConfig(), { envVars: { PATH }, skipInstall: true });
  expect(skipped.problem).toBeNull();
});

it('knows a build that was made, and what has changed since', async () => {
  const dir = folder({ 'package.json': manifest({ scripts: { start: 'node server.js' } }), 'server.js': '' });
  const config = testConfig();
  const runner = createProjectRunner(config);
  onTestFinished(() => runner.shutdown());
  runner.setSource({ getProjectPath: () => Promise.resolve(dir) });
  const { project, build } = localRecords(dir);
  expect(await runner.build(project, build)).toMatchObject({ status: 'succeeded' });
  expect((await explainProject(dir, config)).cache).toMatchObject({ built: true, changes: [] });
  writeFileSync(join(dir, 'server.js'), 'console.log(1)');
  const { cache } = await explainProject(dir, config);
  expect(cache?.built).toBe(false);
  expect(cache?.changes.join()).toContain('server.js');
});

it('tells the workspace of a member, and what it does not need of it', async () => {
  const dir = folder({
    'package.json': JSON.stringify({ name: 'root', private: true, packageManager: 'pnpm@12.21.0' }),
    'pnpm-workspace.yaml': 'packages: ["apps/*", "libs/*"]\n',
    'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
    'apps/web/package.json': manifest({
      scripts: { start: 'node server.js' },
      dependencies: { used: 'workspace:*' },
    }),
    'apps/web/server.js': '',
    'libs/used/package.json': JSON.stringify({ name: 'used', version: '1.0.0' }),
    'libs/other/package.json': JSON.stringify({ name: 'other', version: '1.0.0' }),
  });
  const found = await explainProject(join(dir, 'apps/web'), testConfig());
  expect(found).toMatchObject({
    workspaceRoot: dir,
    leftOut: ['libs/other'],
    packageManager: { name: 'pnpm', installDir: dir, lockfile: 'pnpm-lock.yaml' },
    install: { frozen: true, cwd: dir },
    cache: { parts: { projectPath: 'apps/web' } },
  });
});

it('says what is known only after the build', async () => {
  const dir = folder({
    'package.json': manifest({ scripts: { build: 'next build' }, dependencies: { next: '16.0.0' } }),
  });
  const found = await explainProject(dir, testConfig());
  expect(found.framework.name).toBe('next');
  expect(found.build).toMatchObject({ script: 'build', output: null });
  expect(found.build.outputReason).toMatch(/standalone/);
});

it('is refused as its build would be', async () => {
  const two = folder({
    'package.json': manifest({ scripts: { start: 'node server.js' } }),
    'package-lock.json': '{}',
    'pnpm-lock.yaml': '',
  });
  const [empty, config] = [folder(), testConfig()];
  const temp = ownTemp();
  await expect(explainProject(two, config)).rejects.toMatchObject({
    code: 'PACKAGE_MANAGER_AMBIGUOUS',
  });
  await expect(explainProject(empty, config)).rejects.toMatchObject({ code: 'MANIFEST_MISSING' });
  expect(ownFiles(temp)).toEqual([]);
});

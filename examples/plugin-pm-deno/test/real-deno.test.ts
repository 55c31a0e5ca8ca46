import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import type { Command, InstallOptions } from '@project-runner/core';

import { deno } from '../src/index.ts';

const isLinux = process.platform === 'linux' && process.arch === 'x64';
const skip = isLinux ? false : 'the binary of the development dependencies is that of Linux on x64';

/** One home for all of them, so that Deno downloads each package once. */
const home = realpathSync(mkdtempSync(join(tmpdir(), 'deno-home-')));
after(() => rmSync(home, { recursive: true, force: true }));

interface Ran {
  code: unknown;
  output: string;
}

function run({ file, args, env }: Command, cwd: string): Promise<Ran> {
  const binary = dirname(createRequire(import.meta.url).resolve('@deno/linux-x64-glibc/package.json'));
  const PATH = [binary, dirname(process.execPath), process.env.PATH].join(delimiter);
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { cwd, env: { ...process.env, PATH, HOME: home, ...env } },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, output: stdout + stderr }),
    );
  });
}

const install = (cwd: string, options: Partial<InstallOptions> = {}): Promise<Ran> =>
  run(deno().install({ frozen: true, allowScripts: false, standalone: true, ...options }), cwd);

/** A server in TypeScript with a dependency that the build needs and one that the server needs, and its lockfile. */
async function project(t: TestContext): Promise<string> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'deno-project-')));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const manifest = {
    name: 'hello',
    type: 'module',
    scripts: { build: 'tsc', start: 'node dist/server.js' },
    dependencies: { 'is-number': '7.0.0' },
    devDependencies: { typescript: '5.9.3' },
  };
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(dir, 'tsconfig.json'),
    '{ "compilerOptions": { "module": "nodenext", "outDir": "dist", "noCheck": true }, "files": ["server.ts"] }',
  );
  writeFileSync(
    join(dir, 'server.ts'),
    `import { createServer } from 'node:http';
    import isNumber from 'is-number';
    const port: number = Number(process.env.PORT);
    createServer((_, response) => response.end('a number: ' + isNumber(port))).listen(port, process.env.HOST);`,
  );
  const { code, output } = await install(dir, { frozen: false });
  assert.equal(code, 0, output);
  rmSync(join(dir, 'node_modules'), { recursive: true });
  return dir;
}

function edit(dir: string, change: (manifest: Record<string, Record<string, string>>) => void): void {
  const file = join(dir, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  change(manifest);
  writeFileSync(file, JSON.stringify(manifest));
}

describe('the real Deno', { skip, timeout: 120_000 }, () => {
  it('tells its version in a line', async () => {
    const command = deno().version?.();
    assert.ok(command);
    assert.deepEqual(await run(command, home), { code: 0, output: '2.9.6\n' });
  });

  it('installs exactly the lockfile, with devDependencies, also under NODE_ENV=production', async (t) => {
    const dir = await project(t);
    const command = deno().install({ frozen: true, allowScripts: false, standalone: true });
    const { code, output } = await run({ ...command, env: { ...command.env, NODE_ENV: 'production' } }, dir);
    assert.equal(code, 0, output);
    assert.ok(existsSync(join(dir, 'node_modules/typescript')));
    assert.deepEqual(deno().skippedScripts?.(output), []);
  });

  it('makes node_modules where the project has switched it off', async (t) => {
    const dir = await project(t);
    writeFileSync(join(dir, 'deno.json'), '{ "nodeModulesDir": "none", "lock": { "frozen": true } }');
    const { code, output } = await install(dir);
    assert.equal(code, 0, output);
    assert.ok(existsSync(join(dir, 'node_modules/is-number')));
  });

  it('refuses a stale lockfile, and the fix mends it', async (t) => {
    const dir = await project(t);
    edit(dir, ({ dependencies = {} }) => (dependencies['is-number'] = '6.0.0'));
    const refused = await install(dir);
    assert.notEqual(refused.code, 0);
    const failure = deno().explainFailure?.(refused.output);
    assert.equal(failure?.reason, 'stale-lockfile', refused.output);
    const [file = '', ...args] = failure.fix?.split(' ') ?? [];
    const mended = await run({ file, args }, dir);
    assert.equal(mended.code, 0, mended.output);
    const { code, output } = await install(dir);
    assert.equal(code, 0, output);
  });

  it('refuses to install frozen without a lockfile', async (t) => {
    const dir = await project(t);
    rmSync(join(dir, 'deno.lock'));
    assert.notEqual((await install(dir)).code, 0);
  });

  it('says which package or version is not there', async (t) => {
    const dir = await project(t);
    for (const [name, version, detail] of [
      ['is-number', '99.0.0', "Could not find npm package 'is-number' matching '99.0.0'"],
      ['is-number-that-is-none', '1.0.0', "npm package 'is-number-that-is-none' does not exist"],
    ] as const) {
      edit(dir, (manifest) => (manifest.dependencies = { [name]: version }));
      const { output } = await install(dir, { frozen: false });
      assert.deepEqual(deno().explainFailure?.(output), { reason: 'other', detail }, output);
    }
  });

  it('leaves install scripts out and names their packages, and runs them when they are allowed', async (t) => {
    const dir = await project(t);
    edit(dir, (manifest) => (manifest.dependencies = { 'core-js': '3.40.0' }));
    const skipped = await install(dir, { frozen: false });
    assert.equal(skipped.code, 0, skipped.output);
    assert.deepEqual(deno().skippedScripts?.(skipped.output), ['core-js']);
    rmSync(join(dir, 'node_modules'), { recursive: true });
    const allowed = await install(dir, { allowScripts: true, fresh: true });
    assert.equal(allowed.code, 0, allowed.output);
    assert.match(allowed.output, /core-js@3\.40\.0: running 'postinstall' script/);
    assert.deepEqual(deno().skippedScripts?.(allowed.output), []);
  });

  it('passes arguments on to a script', async (t) => {
    const dir = await project(t);
    edit(dir, (manifest) => (manifest.scripts = { say: 'echo said' }));
    const { code, output } = await run(deno().run('say', ['--flag', 'two words']), dir);
    assert.equal(code, 0, output);
    assert.match(output, /^said --flag two words$/m);
  });

  const up = async (t: TestContext, dir: string): Promise<Ran> => {
    const state = mkdtempSync(join(tmpdir(), 'deno-state-'));
    t.after(() => rmSync(state, { recursive: true, force: true }));
    const plugin = new URL('../src/index.js', import.meta.url).href;
    const config = join(state, 'project-runner.config.mjs');
    writeFileSync(
      config,
      `import { deno } from ${JSON.stringify(plugin)};\nexport default { plugins: [deno()] };\n`,
    );
    const cli = fileURLToPath(new URL('../../node_modules/.bin/project-runner', import.meta.url));
    const flags = ['--once', '--request', '/', '--verbose', '--config', config, '--state-dir', state];
    return run({ file: cli, args: ['up', dir, ...flags, '--data-dir', join(state, 'data')] }, state);
  };

  it('under Project Runner: a project is detected, installed, built and served', async (t) => {
    const dir = await project(t);
    const { code, output } = await up(t, dir);
    assert.equal(code, 0, output);
    assert.match(output, /Detected package manager: deno/);
    assert.match(output, /a number: true/);
    assert.ok(!existsSync(join(dir, 'node_modules')), 'it was built in place');
  });

  it('under Project Runner: a stale lockfile fails the build, with what mends it', async (t) => {
    const dir = await project(t);
    edit(dir, ({ dependencies = {} }) => (dependencies['is-number'] = '6.0.0'));
    const { code, output } = await up(t, dir);
    assert.equal(code, 3, output);
    assert.match(output, /deno install --lockfile-only --frozen=false/);
  });
});

import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { ProjectExplanation } from '@project-runner/runner';
import { describe, expect, it } from 'vitest';

import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { listFiles, project } from './shop-project.ts';
import { cliEvents, runCli, spawnCli } from './spawn-cli.ts';

type InspectEvent = { event: 'inspect' } & ProjectExplanation;

async function inspect(args: readonly string[]): Promise<{ code: number | null; found: InspectEvent }> {
  const { code, stdout, stderr } = await runCli(['inspect', ...args, '--json']);
  expect(stderr).toBe('');
  const [event, ...others] = cliEvents(stdout);
  expect(others).toEqual([]);
  return { code, found: event as unknown as InspectEvent };
}

describe('project-runner inspect', () => {
  it('tells what would be run, in a stable shape, and touches nothing', async () => {
    const dir = await project({}, { scripts: { start: 'node server.js', build: 'node -e 0' } });
    const before = listFiles(dir);
    const args = [dir, '--env', 'GREETING=hush-hush', '--state-dir', join(tempFolder(), 'state')];
    const { code, found } = await inspect(args);
    expect(code).toBe(0);
    expect(Object.keys(found).toSorted()).toEqual([
      'build',
      'cache',
      'cacheReason',
      'dir',
      'event',
      'framework',
      'health',
      'install',
      'leftOut',
      'name',
      'packageManager',
      'ports',
      'problem',
      'projectOptions',
      'projectOptionsReason',
      'start',
      'startReason',
      'stop',
      'variables',
      'workspaceRoot',
    ]);
    expect(found).toMatchObject({
      name: 'shop',
      packageManager: { name: 'npm', reason: 'nothing says otherwise', declaredIn: null },
      framework: { name: 'node' },
      build: { script: 'build', command: { file: 'npm', args: ['run', 'build'], cwd: dir } },
      start: { file: 'node', args: [join(dir, 'server.js')] },
      health: { path: '/health', from: 'guess' },
      cache: { built: false },
    });
    expect(found.variables.server).toContain('GREETING');
    expect(JSON.stringify(found)).not.toContain('hush-hush');
    expect(listFiles(dir)).toEqual(before);
  });

  it('says for people what is run, and that it was built before', async () => {
    const dir = await project({ 'package-lock.json': '{ "lockfileVersion": 3, "packages": {} }' });
    const state = ['--state-dir', join(tempFolder(), 'state')];
    const first = await runCli(['inspect', dir, ...state]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^shop, \//);
    expect(first.stdout).toMatch(/^ {2}package manager +npm.*: lockfile by .*package-lock\.json$/m);
    expect(first.stdout).toMatch(/^ {2}install +npm ci/m);
    expect(first.stdout).toMatch(
      /^ {2}build +nothing: there is no build script\n +server\.js has to be there$/m,
    );
    expect(first.stdout).toMatch(/^ {2}ports +port-strategy:range, 4111 to 4200$/m);
    expect(first.stdout).toMatch(/^ {2}start +node .*server\.js$/m);
    expect(first.stdout).toMatch(/^ {2}cache +\w{12}: not built before$/m);
    expect(await runCli(['build', dir, '--skip-install', ...state])).toMatchObject({ code: 0 });
    const built = await runCli(['inspect', dir, '--skip-install', ...state]);
    expect(built.stdout).toMatch(/^ {2}cache +\w{12}: built before, nothing would be run$/m);
    await writeFiles(dir, { 'more.js': '1' });
    const changed = await runCli(['inspect', dir, '--skip-install', ...state]);
    expect(changed.stdout).toMatch(/^ {2}cache +\w{12}: would be built, because\n +- .*more\.js/m);
    expect(changed.stdout).toMatch(/^ {2}install +skipped: node_modules of the project are used/m);
    expect(changed.stdout).toMatch(
      /^ {2}package manager +npm: .*\n +it is not needed: nothing is installed/m,
    );
    expect(changed.stdout).not.toContain('not there');
    const anew = await runCli(['inspect', dir, '--no-cache', ...state]);
    expect(anew.stdout).toMatch(/^ {2}cache +not used: it is built anew$/m);
  });

  it('uses the configuration', async () => {
    const dir = await project({
      'project-runner.config.mjs': `
        export default { portRange: { start: 5000, end: 5001 }, healthCheck: { endpoint: '/up' }, cache: false };`,
    });
    const { found } = await inspect([dir]);
    expect(found).toMatchObject({
      ports: { start: 5000, end: 5001 },
      health: { path: '/up', from: 'configuration' },
      cache: null,
    });
  });

  it('shows what each probe asks, and what of package.json is ignored', async () => {
    const health = join(import.meta.dirname, '../../packages/health-http/dist/index.js');
    const dir = await project({
      'project-runner.config.mjs': `
        import { healthHttp } from ${JSON.stringify(health)};
        export default { plugins: [healthHttp({ name: 'ready', path: '/readyz', roles: ['readiness'] })] };`,
      'package.json': JSON.stringify({
        name: 'shop',
        scripts: { start: 'node server.js' },
        'project-runner': { 'health-probe:http': { path: '/mine' } },
      }),
    });
    const { stdout } = await runCli(['inspect', dir]);
    expect(stdout).toMatch(/^ {2}health +\/health, a guess: .*, by health-probe:http$/m);
    expect(stdout).toMatch(/^ +\/readyz, as the probe is configured, by health-probe:ready, for readiness$/m);
    expect(stdout).toMatch(/^ {2}options +the field "project-runner" of package.json is ignored: /m);
  });

  it.each([
    ['a wrapper throws', "wrap: { 'log-sink:file': () => { throw new Error('boom'); } }", 'CONFIG_INVALID'],
    ['a plugin is not there', "without: ['log-sink:none']", 'PLUGIN_MISSING'],
  ])('ends with 2 where %s, and names the configuration', async (_, text, code) => {
    const dir = await project({ 'project-runner.config.mjs': `export default { ${text} };` });
    for (const command of ['inspect', 'build']) {
      const result = await runCli([command, dir]);
      expect(result.code).toBe(2);
      expect(result.stderr).toContain(`error [${code}]`);
      expect(result.stderr).toContain(join(dir, 'project-runner.config.mjs'));
    }
    const { code: doctorCode, stdout } = await runCli(['doctor', dir]);
    expect(doctorCode).toBe(1);
    expect(stdout).toMatch(/^problem +configuration +\/.*project-runner\.config\.mjs: /m);
    expect(stdout).not.toMatch(/^ok +configuration/m);
  });

  const wrapping = {
    'project-runner.config.mjs': `export default {
      wrap: { 'log-sink:file': (inner) => { console.log('wrapped'); return inner; } },
    };`,
  };

  it('calls wrappers once where the project fails it', async () => {
    const dir = await project({ ...wrapping, 'package-lock.json': '{}', 'yarn.lock': '' });
    const { code, stderr } = await runCli(['inspect', dir]);
    expect(code).toBe(3);
    expect(stderr).toContain('error [PACKAGE_MANAGER_AMBIGUOUS]');
    expect(stderr).not.toContain('project-runner.config.mjs');
    expect(stderr.match(/wrapped/g)).toHaveLength(1);
  });

  it('calls wrappers once where the user ends it, and takes its temporary files with it', async () => {
    const [temp, bin] = [tempFolder(), tempFolder()];
    const dir = await project(wrapping);
    await writeFiles(bin, { npm: `#!/bin/sh\ntouch ${temp}/asked\nexec sleep 60\n` });
    chmodSync(join(bin, 'npm'), 0o755);
    const PATH = `${bin}:${process.env.PATH}`;
    const asked = spawnCli(['inspect', dir, '--env', `PATH=${PATH}`], { env: { TMPDIR: temp } });
    await expect.poll(() => readdirSync(temp), { timeout: 30_000 }).toContain('asked');
    asked.child.kill('SIGINT');
    expect(await asked.exited).toBe(130);
    expect(asked.stderr().match(/wrapped/g)).toHaveLength(1);
    expect(readdirSync(temp).join()).not.toContain('project-runner-explain');
  });

  it('has the exit code of a build that would fail for want of a package manager, and tells the rest', async () => {
    const dir = await project({ 'yarn.lock': '' });
    const env = ['--env', 'PATH=/nowhere'];
    const found = await inspect([dir, ...env]);
    expect(found).toMatchObject({
      code: 3,
      found: { problem: { code: 'PACKAGE_MANAGER_NOT_INSTALLED' }, framework: { name: 'node' } },
    });
    const { code, stdout } = await runCli(['inspect', dir, ...env]);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^ {2}problem +the project uses yarn 4 and there is no yarn on PATH\n +hint: Install yarn 4/m,
    );
    expect(stdout).toMatch(/^ +it is not there$/m);
    expect(await runCli(['build', dir, ...env])).toMatchObject({ code: 3 });
  });

  it('fails as the build would, with its exit code', async () => {
    const two = await project({ 'package-lock.json': '{}', 'yarn.lock': '' });
    const ambiguous = await runCli(['inspect', two]);
    expect(ambiguous.code).toBe(3);
    expect(ambiguous.stderr).toContain('error [PACKAGE_MANAGER_AMBIGUOUS]');
    const { code, stdout } = await runCli(['inspect', tempFolder(), '--json']);
    expect(code).toBe(2);
    expect(cliEvents(stdout)).toMatchObject([{ event: 'error', code: 'MANIFEST_MISSING' }]);
  });
});

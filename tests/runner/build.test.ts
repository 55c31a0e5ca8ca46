import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Build, BuildOptions } from '@project-runner/core';
import type { LocalProcessRunner } from '@project-runner/runner';
import { describe, expect, it } from 'vitest';

import { pathWith, toolsOf } from '../support/package-manager-tools.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { serverProject } from '../support/server-project.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';

interface Result {
  build: Build;
  log: string[];
}

async function buildFiles(
  runner: LocalProcessRunner,
  files: Parameters<typeof writeFiles>[1],
  options: BuildOptions = {},
): Promise<Result & { dir: string }> {
  const dir = await writeFiles(tempFolder(), files);
  return { ...(await buildDir(runner, dir, options)), dir };
}

async function buildDir(
  runner: LocalProcessRunner,
  dir: string,
  options: BuildOptions = {},
): Promise<Result> {
  const project = projectRecord(dir);
  const log: string[] = [];
  const record = buildRecord(deploymentRecord(project));
  const build = await runner.build(project, record, { skipInstall: true, ...options }, (line) =>
    log.push(line),
  );
  return { build, log };
}

const withScript = (script: string): Parameters<typeof writeFiles>[1] => ({
  'package.json': { json: { scripts: { build: 'node build.mjs', start: 'node server.mjs' } } },
  'build.mjs': script,
  'server.mjs': '',
});

describe('a project that cannot be built', () => {
  it.each([
    ['no package.json', { 'readme.md': '' }, /has no package\.json/],
    [
      'JSON that does not parse',
      { 'package.json': '{\n  "name": "x",\n  oops\n}' },
      /package\.json:3:3 is not valid JSON/,
    ],
    ['an empty package.json', { 'package.json': '' }, /package\.json:1:1 is not valid JSON/],
    ['no object', { 'package.json': '[]' }, /must hold a JSON object/],
    ['nothing to start', { 'package.json': '{}' }, /no framework plugin knows/],
    [
      'no build script and no output',
      { 'package.json': { json: { scripts: { start: 'node dist/x.js' } } } },
      /Build output not found at .*dist\/x\.js/,
    ],
    [
      'a build that fails',
      withScript('console.log("working"); process.exit(4)'),
      /Build failed with exit code 4(?!\d)/,
    ],
    [
      'a build that is killed',
      {
        ...withScript(''),
        'package.json': { json: { scripts: { build: 'kill -9 $$', start: 'node server.mjs' } } },
      },
      /Build failed with (exit code 137|signal SIGKILL)/,
    ],
    [
      'two lockfiles',
      { ...withScript(''), 'package-lock.json': '{}', 'pnpm-lock.yaml': '' },
      /package-lock\.json \(npm\) and pnpm-lock\.yaml \(pnpm\).*Delete the one/,
    ],
    [
      'an unknown manager',
      { 'package.json': { json: { packageManager: 'deno@2.0.0', main: 'server.mjs' } }, 'server.mjs': '' },
      /asks for "deno" in packageManager; known are npm, pnpm, yarn, bun/,
    ],
    [
      'a symlink that leaves it',
      { ...withScript(''), secrets: { link: '/etc/passwd' } },
      /secrets is a symlink to \/etc\/passwd, which is outside/,
    ],
  ])('says what is wrong: %s', async (_, files, message) => {
    const { runner } = testRunner();
    const { build, log } = await buildFiles(runner, files);
    expect(build).toMatchObject({ status: 'failed', errorMessage: expect.stringMatching(message) as string });
    expect(build.completedAt).toBeInstanceOf(Date);
    expect(log.at(-1)).toContain('Error: ');
  });

  it('needs a source first', async () => {
    const { runner } = testRunner();
    runner.setSource(undefined as never);
    const project = projectRecord('/nowhere');
    await expect(runner.build(project, buildRecord(deploymentRecord(project)))).rejects.toThrow(
      'Project source provider not configured',
    );
  });

  it('is not there, or is a file', async () => {
    const { runner, dir } = testRunner();
    expect((await buildDir(runner, '/no/such/folder')).build.errorMessage).toMatch(
      /is not there or is no folder/,
    );
    await writeFiles(dir, { file: 'x' });
    expect((await buildDir(runner, join(dir, 'file'))).build.errorMessage).toMatch(
      /is not there or is no folder/,
    );
  });

  it('cannot be deployed', async () => {
    const { runner } = testRunner();
    const project = projectRecord(await writeFiles(tempFolder(), withScript('process.exit(1)')));
    const deployment = deploymentRecord(project);
    const failed = await runner.build(project, buildRecord(deployment), { skipInstall: true });
    await expect(runner.deploy(project, deployment, failed)).rejects.toMatchObject({
      code: 'RELEASE_MISSING',
    });
  });
});

describe('a build', () => {
  it('that hangs ends at its timeout with its whole tree', async () => {
    const { runner } = testRunner();
    const { build, log } = await buildFiles(
      runner,
      withScript('console.log("pid", process.pid); setInterval(() => {}, 1000)'),
      { timeoutMs: 1500 },
    );
    expect(build.errorMessage).toContain('Build timed out after 1500 ms');
    const pid = Number(/pid (\d+)/.exec(log.join('\n'))?.[1]);
    expect(pid).toBeGreaterThan(0);
    expect(runner.isProcessAlive(pid)).toBe(false);
  });

  it('that is cancelled ends, running or waiting', async () => {
    const { runner } = testRunner({ maxConcurrentBuilds: 1 });
    const files = withScript('console.log("begun"); setInterval(() => {}, 1000)');
    const first = new AbortController();
    const second = new AbortController();
    const running = buildFiles(runner, files, { signal: first.signal });
    const waiting = buildFiles(runner, files, { signal: second.signal });
    second.abort();
    expect((await waiting).build).toMatchObject({
      status: 'failed',
      startedAt: null,
      errorMessage: 'Build was cancelled',
    });
    first.abort();
    expect((await running).build).toMatchObject({ status: 'failed', errorMessage: 'Build was cancelled' });
  });

  it('that prints 100 MB succeeds, is bounded in memory and whole in its file', async () => {
    const { runner } = testRunner();
    let lines = 0;
    const dir = await writeFiles(
      tempFolder(),
      withScript('const line = "x".repeat(1023); for (let i = 0; i < 100_000; i++) console.log(line);'),
    );
    const project = projectRecord(dir);
    const before = process.memoryUsage().heapUsed;
    const build = await runner.build(
      project,
      buildRecord(deploymentRecord(project)),
      { skipInstall: true },
      () => {
        lines += 1;
      },
    );
    expect(build.status, build.errorMessage ?? '').toBe('succeeded');
    expect(lines).toBeGreaterThan(100_000);
    expect(build.logs.length).toBeLessThan(6_000_000);
    expect(build.logs).toContain('earlier lines are in the log file');
    expect(readFileSync(build.logPath ?? '').length).toBeGreaterThan(100_000_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200_000_000);
  }, 120_000);

  it('gives a line at a time, all before it settles, and survives a callback that throws', async () => {
    const { runner, warnings } = testRunner();
    const dir = await writeFiles(tempFolder(), withScript('process.stdout.write("a\\nb\\r\\n\\nlast")'));
    const project = projectRecord(dir);
    const log: string[] = [];
    const build = await runner.build(
      project,
      buildRecord(deploymentRecord(project)),
      { skipInstall: true },
      (line) => {
        log.push(line);
        throw new Error('a bug of the host');
      },
    );
    expect(build.status).toBe('succeeded');
    const count = log.length;
    expect(log.some((line) => line.includes('\n'))).toBe(false);
    expect(log.join('|')).toContain('a|b||last|Build succeeded');
    expect(warnings).toHaveLength(1);
    await new Promise(setImmediate);
    expect(log).toHaveLength(count);
  });

  it('never writes into the project, and runs from a path with every odd character', async () => {
    const { runner } = testRunner();
    const odd = join(tempFolder(), `it's "odd"; $(touch pwned) & ünï`);
    await mkdir(odd);
    await writeFiles(
      odd,
      withScript('import { writeFileSync } from "node:fs"; writeFileSync("made.txt", process.env.NODE_ENV);'),
    );
    const before = await readdir(odd);
    const { build } = await buildDir(runner, odd);
    expect(build.errorMessage).toBeNull();
    expect(await readdir(odd)).toEqual(before);
  });

  it('waits for its turn, in order', async () => {
    const { runner } = testRunner({ maxConcurrentBuilds: 1 });
    const dirs = await Promise.all([1, 2, 3].map(() => writeFiles(tempFolder(), withScript(''))));
    const events: string[] = [];
    await Promise.all(
      dirs.map((dir, index) => {
        const project = projectRecord(dir);
        const build = buildRecord(deploymentRecord(project));
        return runner.build(project, build, { skipInstall: true }, (line) => {
          if (/^(Preparing source|Build succeeded)$/.test(line)) events.push(`${index} ${line}`);
        });
      }),
    );
    expect(events).toEqual(
      [0, 1, 2].flatMap((index) => [`${index} Preparing source`, `${index} Build succeeded`]),
    );
  });

  it('is ended by shutdown', async () => {
    const { runner } = testRunner();
    const dir = await writeFiles(
      tempFolder(),
      withScript('console.log("begun"); setInterval(() => {}, 1000)'),
    );
    const project = projectRecord(dir);
    const begun = Promise.withResolvers<void>();
    const building = runner.build(
      project,
      buildRecord(deploymentRecord(project)),
      { skipInstall: true },
      (line) => {
        if (line === 'begun') begun.resolve();
      },
    );
    await begun.promise;
    await runner.shutdown();
    expect(await building).toMatchObject({ status: 'failed', errorMessage: 'Build was cancelled' });
  });
});

describe.each([toolsOf('npm', 11), toolsOf('pnpm', 9), toolsOf('yarn', 1), toolsOf('bun')].flat())(
  'an install by $name $version, which skips all scripts',
  (tool) => {
    const files: Parameters<typeof writeFiles>[1] = {
      'package.json': {
        json: {
          packageManager: `${tool.name}@${tool.version}`,
          scripts: { start: 'node server.mjs', postinstall: 'exit 1', prepare: 'exit 1' },
          dependencies: { native: 'file:./native', quiet: 'file:./quiet' },
        },
      },
      'native/package.json': {
        json: { name: 'native', version: '1.0.0', scripts: { postinstall: 'exit 1' } },
      },
      'quiet/package.json': { json: { name: 'quiet', version: '1.0.0' } },
      'server.mjs': '',
    };

    it('names them in the log', async () => {
      const { runner } = testRunner();
      const options = { skipInstall: false, envVars: { PATH: pathWith(tool) } };
      const { build, log } = await buildFiles(runner, files, options);
      expect(build.errorMessage, log.join('\n')).toBeNull();
      expect(log).toContain(
        "Install scripts were skipped: native, the project's own (postinstall, prepare). Allow them with allowInstallScripts",
      );
    });
  },
);

describe('a start script', () => {
  it('that only a shell understands runs in a wrapper whose whole group is stopped', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(
      runner,
      await serverProject('well', { scripts: { start: 'node server.mjs && echo done' } }),
    );
    expect(await (await fetch(`http://127.0.0.1:${server.port}/health`)).text()).toContain('true');
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
  });

  it('finds variables of its own in .env, below those of the deploy', async () => {
    const { runner } = testRunner();
    const dir = await serverProject('well');
    await writeFiles(dir, {
      '.env': 'FROM_FILE=yes\nBOTH=file\nEVIL=$(touch pwned)\n',
      '.env.production': 'BOTH=production\n',
    });
    const { server } = await deployFolder(runner, dir, { envVars: { OWN: '1' } });
    const env = (await (await fetch(`http://127.0.0.1:${server.port}/env`)).json()) as Record<string, string>;
    expect(env).toMatchObject({ FROM_FILE: 'yes', BOTH: 'production', OWN: '1', EVIL: '$(touch pwned)' });
    expect(existsSync(join(dir, 'pwned'))).toBe(false);
  });
});

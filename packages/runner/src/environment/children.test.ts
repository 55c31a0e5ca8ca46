import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { RunningServer } from '@project-runner/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { runnerAndProject } from '../advanced/project-runner.test-support.ts';

type Environment = Record<string, string>;

interface Answer {
  env: Environment;
  /** The environment of the build, where there was a script. */
  built: Environment;
  /** How often a server was started with this data folder. */
  starts: number;
}

const files = {
  'package.json': '{"type":"module"}',
  'server.mjs': `
    import { appendFileSync, existsSync, readFileSync } from 'node:fs';
    import { createServer } from 'node:http';
    const file = process.env.PROJECT_RUNNER_DATA_DIR + '/starts';
    appendFileSync(file, 'x');
    const dump = new URL('built.json', import.meta.url);
    const built = existsSync(dump) ? JSON.parse(readFileSync(dump, 'utf8')) : {};
    const starts = readFileSync(file, 'utf8').length;
    const answer = JSON.stringify({ env: process.env, built, starts });
    createServer((_, response) => response.end(answer)).listen(process.env.PORT, process.env.HOST);`,
};
const built = {
  ...files,
  'package.json': '{"type":"module","scripts":{"build":"node build.mjs"}}',
  'build.mjs':
    "import { writeFileSync } from 'node:fs'; writeFileSync('built.json', JSON.stringify(process.env));",
};

async function ask({ host, port }: RunningServer): Promise<Answer> {
  const response = await fetch(`http://${host}:${port}/`);
  return (await response.json()) as Answer;
}

describe('what builds and servers are given', () => {
  it('is an allow-list of the runner’s own environment, with registry settings for builds only', async () => {
    const shared = {
      TZ: 'Asia/Tokyo',
      https_proxy: 'http://proxy.invalid:3128',
      NODE_EXTRA_CA_CERTS: '/etc/no-such-company.pem',
    };
    const leftovers = {
      npm_config_leftover: 'of-the-shell',
      npm_package_leftover: 'of-the-shell',
      DATABASE_URL: 'of-the-runner',
      PORT: '1',
    };
    const token = { NPM_TOKEN: 'of-the-registry' };
    for (const [name, value] of Object.entries({ ...shared, ...leftovers, ...token }))
      vi.stubEnv(name, value);
    const { build, deploy } = runnerAndProject(built);
    const answer = await ask(await deploy(await build()));

    expect(answer.built).toMatchObject({ ...shared, ...token, CI: '1' });
    for (const name of Object.keys(leftovers)) expect(answer.built).not.toHaveProperty(name);
    expect(answer.env).toMatchObject({ ...shared, HOME: process.env.HOME, NODE_ENV: 'production' });
    expect(Object.values(answer.env)).not.toContain('of-the-runner');
    expect(Object.keys(answer.env).filter((name) => /^npm_/i.test(name))).toEqual([]);
  });

  it('grows more particular: env files, all projects, the project, the deployment, this one call', async () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'F'];
    const from = (first: number, value: string): Environment =>
      Object.fromEntries(names.slice(first).map((name) => [name, value]));
    const text = (variables: Environment): string =>
      Object.entries(variables)
        .map(([name, value]) => `${name}=${value}\n`)
        .join('');
    const envFiles = { '.env': text(from(0, '.env')), '.env.production': text(from(1, '.env.production')) };
    const { project, deployment, build, deploy } = runnerAndProject(
      { ...built, ...envFiles },
      { globalEnvVars: from(2, 'global') },
    );
    project.envVars = from(3, 'project');
    // The other form in which hosts keep variables.
    deployment.envVarOverrides = names.slice(4).map((key) => ({ key, value: 'deployment' }));

    const done = await build({ envVars: from(5, 'call') });
    const answer = await ask(await deploy(done, { envVars: from(5, 'call') }));

    const of = (environment: Environment): unknown => names.map((name) => environment[name]);
    expect(of(answer.env)).toEqual(['.env', '.env.production', 'global', 'project', 'deployment', 'call']);
    // Build tools read env files themselves, and a build is not one deployment's.
    expect(of(answer.built)).toEqual([undefined, undefined, 'global', 'project', 'project', 'call']);
  });

  it('leaves a server its NODE_ENV, but not its address', async () => {
    const { build, deploy } = runnerAndProject({
      ...files,
      '.env': 'PORT=1\nHOST=host.invalid\nNODE_ENV=staging\n',
    });
    const server = await deploy(await build(), { envVars: { PORT: '2' } });
    expect((await ask(server)).env).toMatchObject({
      PORT: String(server.port),
      HOST: '127.0.0.1',
      NODE_ENV: 'staging',
    });
  });

  it('has nothing of env files where they are turned off, not even the complaint about a broken one', async () => {
    const { path, build, deploy } = runnerAndProject({ ...files, '.env': 'A=1' }, { envFiles: false });
    mkdirSync(join(path, '.env.production'));
    expect((await ask(await deploy(await build()))).env).not.toHaveProperty('A');
  });

  it('is not guessed where an env file cannot be read: the deploy fails and leaves nothing behind', async () => {
    const { path, runner, build, deploy } = runnerAndProject(files);
    mkdirSync(join(path, '.env'));
    await expect(deploy(await build())).rejects.toMatchObject({ code: 'ENV_FILE_INVALID' });
    expect(runner.getStats?.()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  });

  it('is a data folder of the deployment’s own, the same over all its releases', async () => {
    const parent = realpathSync(mkdtempSync(join(tmpdir(), 'data-')));
    onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
    const dataDir = join(parent, 'not/there/yet');
    const { deployment, build, deploy } = runnerAndProject(files, { dataDir });
    const first = await ask(await deploy(await build()));
    const second = await ask(await deploy(await build()));
    expect([first.starts, second.starts]).toEqual([1, 2]);
    const data = join(dataDir, deployment.id);
    expect(second.env.PROJECT_RUNNER_DATA_DIR).toBe(data);
    // What servers keep is for nobody else on the machine.
    expect(statSync(data).mode & 0o777).toBe(0o700);
  });
});

import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeServer } from '@project-runner/framework-node';
import { healthHttp } from '@project-runner/health-http';
import type { HealthHttpOptions } from '@project-runner/health-http';
import { allowOptions, LocalProcessRunner, optionRules } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';
import { describe, expect, it, onTestFinished } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { recordEvents } from '../support/server-events.ts';
import { serverProject } from '../support/server-project.ts';
import { buildFolder, deployFolder, testRunner } from '../support/test-runner.ts';

const projectOptions = [
  allowOptions(nodeServer, { healthPath: optionRules.urlPath(), entry: optionRules.filePath() }),
  allowOptions((own: HealthHttpOptions) => healthHttp({ timeoutMs: 1000, ...own }), {
    path: optionRules.urlPath(),
  }),
];

const moods = (field: unknown): Promise<string> => serverProject('moods', { 'project-runner': field });

async function failedBuild(path: string, config: RunnerConfig = { projectOptions }): Promise<string> {
  const { runner } = testRunner(config);
  const project = projectRecord(path);
  const build = await runner.build(project, buildRecord(deploymentRecord(project)), { skipInstall: true });
  expect(build.status).toBe('failed');
  return build.errorMessage ?? '';
}

async function asked(port: number): Promise<Record<string, number>> {
  return (await (await fetch(`http://127.0.0.1:${port}/asked`)).json()) as Record<string, number>;
}

describe('options of a project', () => {
  it('make the plugins of its own servers, and of nobody else’s', async () => {
    const { runner } = testRunner({ projectOptions });
    const own = await deployFolder(runner, await moods({ 'framework:node': { healthPath: '/ready' } }));
    const probed = await deployFolder(runner, await moods({ 'health-probe:http': { path: '/live' } }));
    const plain = await deployFolder(runner, await serverProject('moods'));
    for (const { server } of [own, probed, plain])
      expect(await runner.healthCheck(server)).toEqual({ healthy: true });
    expect(await asked(own.server.port)).toEqual({ '/ready': 2, '/asked': 1 });
    expect(await asked(probed.server.port)).toEqual({ '/live': 2, '/asked': 1 });
    expect(await asked(plain.server.port)).toEqual({ '/health': 2, '/asked': 1 });
  });

  it('tell how it is built and started', async () => {
    const path = await moods({ 'framework:node': { entry: 'other.mjs' } });
    writeFileSync(join(path, 'other.mjs'), readFileSync(join(path, 'server.mjs')));
    writeFileSync(join(path, 'server.mjs'), 'process.exit(1)');
    const { runner } = testRunner({ projectOptions });
    const { server, log } = await deployFolder(runner, path);
    expect(log.join('\n')).toContain('Detected framework: node (option entry)');
    expect(await runner.healthCheck(server)).toEqual({ healthy: true });
  });

  it('hold over restarts and for the next runner, as far as that still allows them', async () => {
    const { runner, config } = testRunner({ projectOptions });
    const { server } = await deployFolder(runner, await moods({ 'health-probe:http': { path: '/live' } }));
    process.kill(server.processId ?? 0, 'SIGKILL');
    const { server: second } = await recordEvents(runner).next('ready');
    expect(await asked(second.port)).toEqual({ '/live': 1, '/asked': 1 });
    await runner.shutdown({ servers: 'leave' });

    const next = new LocalProcessRunner(config);
    expect((await next.recover()).map(({ id }) => id)).toEqual([server.id]);
    expect(await next.healthCheck(second)).toEqual({ healthy: true });
    expect(await asked(second.port)).toEqual({ '/live': 2, '/asked': 2 });
    await next.shutdown({ servers: 'leave' });

    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const strict = new LocalProcessRunner({
      ...config,
      projectOptions: [],
      logger: { debug() {}, info() {}, warn, error: warn },
    });
    onTestFinished(() => strict.shutdown());
    await strict.recover();
    expect(await strict.healthCheck(second)).toEqual({ healthy: true });
    expect(await asked(second.port)).toEqual({ '/live': 2, '/health': 1, '/asked': 3 });
    expect(warnings.join('\n')).toContain(
      `Server ${server.id} goes on without what its project has set of health-probe:http.path`,
    );
  });

  it('that are still allowed hold where others are not any more', async () => {
    const { runner, config } = testRunner({ projectOptions });
    const { server } = await deployFolder(
      runner,
      await moods({ 'framework:node': { healthPath: '/ready' }, 'health-probe:http': { path: '/live' } }),
    );
    await runner.shutdown({ servers: 'leave' });
    const next = new LocalProcessRunner({ ...config, projectOptions: projectOptions.slice(1) });
    onTestFinished(() => next.shutdown());
    await next.recover();
    expect(await next.healthCheck(server)).toEqual({ healthy: true });
    expect(await asked(server.port)).toEqual({ '/live': 2, '/asked': 1 });
  });

  it('hold for a runner that only looks at a server of another one', async () => {
    const { runner, config } = testRunner({ projectOptions });
    const deployed = [
      await deployFolder(runner, await moods({ 'framework:node': { healthPath: '/ready' } })),
      await deployFolder(runner, await moods({ 'health-probe:http': { path: '/live' } })),
    ];
    const other = new LocalProcessRunner(config);
    onTestFinished(() => other.shutdown());
    for (const { server } of deployed) {
      expect(await other.reattach(server)).toBe(true);
      expect(await other.healthCheck(server)).toEqual({ healthy: true });
    }
    expect(await asked(deployed[0]?.server.port ?? 0)).toEqual({ '/ready': 2, '/asked': 1 });
    expect(await asked(deployed[1]?.server.port ?? 0)).toEqual({ '/live': 2, '/asked': 1 });
  });

  it('that leave nobody to watch its server are refused by a host that wants it watched', async () => {
    const roles = optionRules.listOf(optionRules.oneOf('startup', 'readiness', 'liveness'));
    const { runner } = testRunner({ liveness: true, projectOptions: [allowOptions(healthHttp, { roles })] });
    await expect(
      deployFolder(runner, await moods({ 'health-probe:http': { roles: ['startup'] } })),
    ).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('no health probe is left that has the role liveness') as string,
    });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  });

  it.each([
    [
      'a plugin that the host does not let it set',
      { 'launcher:local': { durable: false } },
      '"project-runner"."launcher:local" is not for projects to set here; these are: framework:node, health-probe:http',
    ],
    [
      'an option that the host does not let it set',
      { 'health-probe:http': { timeoutMs: 1 } },
      '"project-runner"."health-probe:http"."timeoutMs" is not for projects to set here; these are: path',
    ],
    [
      'a file outside of it',
      { 'framework:node': { entry: '../../../etc/passwd' } },
      '"project-runner"."framework:node"."entry" must be a relative path inside of the project',
    ],
    [
      'code to load',
      { plugins: ['./plugin.mjs'] },
      '"project-runner"."plugins" is not for projects to set here',
    ],
  ])('fail its build where it sets %s, by file and key', async (_, field, message) => {
    const path = await moods(field);
    expect(await failedBuild(path)).toContain(`${path}/package.json: ${message}`);
  });

  it('fail its build where they are more than a package.json may be', async () => {
    const path = await moods({ 'framework:node': { entry: 'x'.repeat(10 * 2 ** 20) } });
    expect(await failedBuild(path)).toMatch(/package\.json cannot be read: it has 10\.\d MB/);
  });

  it('are not followed out of the project by a link', async () => {
    const path = await moods({ 'framework:node': { entry: 'link.mjs' } });
    const outside = await serverProject('well');
    symlinkSync(join(outside, 'server.mjs'), join(path, 'link.mjs'));
    expect(await failedBuild(path)).toContain('link.mjs');
  });

  it('are said to be unused where the host lets projects set nothing', async () => {
    const { runner } = testRunner();
    const { log } = await buildFolder(runner, await moods({ plugins: ['./evil.mjs'] }));
    expect(log).toContain(
      'Not used: the field "project-runner" of package.json, since this host lets projects set nothing',
    );
  });

  it('are checked again at a deploy, by what is allowed then', async () => {
    const first = testRunner({ projectOptions });
    const { project, deployment, build } = await buildFolder(
      first.runner,
      await moods({ 'framework:node': { healthPath: '/ready' } }),
    );
    await first.runner.shutdown();
    const { runner } = testRunner({ ...first.config, projectOptions: projectOptions.slice(1) });
    await expect(runner.deploy(project, deployment, build)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining(
        '"framework:node" is not for projects to set here; these are: health-probe:http',
      ) as string,
    });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  });
});

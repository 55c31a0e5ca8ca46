import { readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { LocalProcessRunner } from '@project-runner/runner';
import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { buildRecord } from '../support/records.ts';
import { serverProject } from '../support/server-project.ts';
import { buildFolder, deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';

/** Holds a port on an address, as a stranger would. */
async function hold(port: number, host: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  onTestFinished(() => void server.close());
}

describe('a server that misbehaves', () => {
  it.each([
    ['exits at once', 'exits-at-once', 'SERVER_EXITED', /exit code 3[^]*no database/],
    ['dies by a signal', 'dies-by-signal', 'SERVER_EXITED', /signal SIGKILL[^]*about to die/],
    [
      'never listens',
      'never-listens',
      'SERVER_NOT_READY',
      /1500 ms[^]*nothing accepts connections[^]*thinking/,
    ],
    [
      'listens on another port',
      'other-port',
      'SERVER_WRONG_PORT',
      /told to listen on port 21\d+ and listens on \d+/,
    ],
    ['answers 500', 'answers-500', 'SERVER_NOT_READY', /Health check returned status 500/],
    ['hangs', 'hangs', 'SERVER_NOT_READY', /Health check failed: no answer/],
  ])('that %s fails with a clear error and leaves nothing behind', async (_, fixture, code, message) => {
    const { runner } = testRunner({ healthCheck: { timeoutMs: 400 } });
    const built = await buildFolder(runner, await serverProject(fixture));
    const failed = runner.deploy(built.project, built.deployment, built.build, {
      healthCheckTimeoutMs: 1500,
    });
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
    expect(readdirSync('/proc').flatMap((pid) => processesIn(pid, built.build.id))).toEqual([]);
  });

  it('that exits is noticed at once, not at the deadline', async () => {
    const { runner } = testRunner();
    const built = await buildFolder(runner, await serverProject('exits-at-once'));
    const startedAt = performance.now();
    await expect(runner.deploy(built.project, built.deployment, built.build)).rejects.toMatchObject({
      code: 'SERVER_EXITED',
    });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('that listens on ::1 only is found there', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('v6-only'));
    expect(server.host).toBe('::1');
    expect(await runner.healthCheck(server)).toEqual({ healthy: true });
  });

  it('whose port a stranger takes first gets another one', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('finds-port-taken'));
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe('ok');
  });

  it('that ignores SIGTERM is killed after the grace', async () => {
    const { runner } = testRunner({ stopGraceMs: 300 });
    const { server } = await deployFolder(runner, await serverProject('ignores-sigterm'));
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
    expect((await runner.getLogs(server)).match(/not now/g)).toHaveLength(1);
  }, 30_000);

  it('with children in sessions of their own is stopped as a whole', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('with-children'));
    expect(processesMarked(server.id).length).toBeGreaterThanOrEqual(3);
    await runner.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
  });

  it('that crashes later and is not to be started again gives its port back and keeps its log', async () => {
    const { runner } = testRunner({ restart: 'never' });
    const { server } = await deployFolder(runner, await serverProject('well'));
    await fetch(`http://127.0.0.1:${server.port}/crash`).catch(() => undefined);
    await eventually(
      () => runner.getStats(),
      (stats) => stats.allocatedPorts.length === 0,
    );
    expect(await runner.getLogs(server)).toContain('listening');
    expect(await runner.healthCheck(server)).toMatchObject({ healthy: false });
  });
});

describe('ports', () => {
  it('refuses a port that is busy or is none, and keeps to the range', async () => {
    const { runner } = testRunner({ portRange: { start: 21_300, end: 21_301 } });
    const built = await buildFolder(runner, await serverProject('well'));
    await hold(21_300, '::1');
    const deploy = (port: number): Promise<unknown> =>
      runner.deploy(built.project, built.deployment, built.build, { port });
    await expect(deploy(21_300)).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE' });
    await expect(deploy(70_000)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringContaining('70000') as string,
    });
    const server = await runner.deploy(built.project, built.deployment, built.build);
    expect(server.port).toBe(21_301);
    const second = await buildFolder(runner, await serverProject('well'));
    await expect(runner.deploy(second.project, second.deployment, second.build)).rejects.toMatchObject({
      code: 'PORTS_EXHAUSTED',
    });
  });

  it('of another server are told with the server and the deployment that have them', async () => {
    const { runner } = testRunner();
    const first = await deployFolder(runner, await serverProject('well'));
    const second = await buildFolder(runner, await serverProject('well'));
    const { id, port } = first.server;
    await expect(
      runner.deploy(second.project, second.deployment, second.build, { port }),
    ).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringContaining(
        `Port ${port} is not free: server ${id} of deployment ${first.deployment.id} has it`,
      ) as string,
    });
  });
});

describe('a redeploy', () => {
  it('replaces the server: the new one is healthy before the old one stops', async () => {
    const { runner } = testRunner();
    const {
      project,
      deployment,
      build,
      server: first,
    } = await deployFolder(runner, await serverProject('well'));
    const second = await runner.deploy(project, deployment, build);
    expect(second.id).not.toBe(first.id);
    expect(await (await fetch(`http://127.0.0.1:${second.port}/`)).text()).toBe(
      `hello from ${second.processId}`,
    );
    expect(processesMarked(first.id)).toEqual([]);
    expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [second.port] });
  });

  it('that fails leaves the old server serving', async () => {
    const { runner } = testRunner();
    const { project, deployment, server } = await deployFolder(runner, await serverProject('well'));
    const bad = buildRecord(deployment);
    await runner.build({ ...project, sourceConfig: { path: await serverProject('exits-at-once') } }, bad, {
      skipInstall: true,
    });
    await expect(runner.deploy(project, deployment, bad)).rejects.toMatchObject({ code: 'SERVER_EXITED' });
    expect(await runner.healthCheck(server)).toEqual({ healthy: true });
  });

  it('called twice at once runs one after the other and leaves one server', async () => {
    const { runner } = testRunner();
    const { project, deployment, build } = await buildFolder(runner, await serverProject('well'));
    const [first, second] = await Promise.all([
      runner.deploy(project, deployment, build),
      runner.deploy(project, deployment, build),
    ]);
    expect(processesMarked(first.id)).toEqual([]);
    expect(await runner.healthCheck(second)).toEqual({ healthy: true });
    expect(runner.getStats().runningProcesses).toBe(1);
  });

  it('finds the files that the server before it wrote', async () => {
    const { runner } = testRunner();
    const { project, deployment, build, server } = await deployFolder(runner, await serverProject('well'));
    const folder = async (port: number): Promise<string | undefined> =>
      ((await (await fetch(`http://127.0.0.1:${port}/env`)).json()) as Record<string, string>)
        .PROJECT_RUNNER_DATA_DIR;
    const before = await folder(server.port);
    const next = await runner.deploy(project, deployment, build);
    expect(await folder(next.port)).toBe(before);
    expect(before).toContain(deployment.id);
  });
});

describe('a stop', () => {
  it('that arrives while the server starts, by the signal, leaves nothing', async () => {
    const { runner } = testRunner();
    const built = await buildFolder(runner, await serverProject('never-listens'));
    const abort = new AbortController();
    const deploying = runner.deploy(built.project, built.deployment, built.build, { signal: abort.signal });
    await eventually(
      () => runner.getStats().allocatedPorts.length,
      (ports) => ports === 1,
    );
    abort.abort();
    await expect(deploying).rejects.toMatchObject({ code: 'DEPLOY_CANCELLED' });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  });

  it('of everything by shutdown ends a deploy in progress and all servers, twice at once', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('well'));
    const slow = await buildFolder(runner, await serverProject('never-listens'));
    const deploying = runner.deploy(slow.project, slow.deployment, slow.build);
    const [ended] = await Promise.allSettled([deploying, runner.shutdown(), runner.shutdown()]);
    expect(ended).toMatchObject({ status: 'rejected', reason: { code: 'RUNNER_CLOSED' } });
    expect(processesMarked(server.id)).toEqual([]);
    await expect(runner.deploy(slow.project, slow.deployment, slow.build)).rejects.toMatchObject({
      code: 'RUNNER_CLOSED',
    });
  });

  it('is idempotent, and works for a server of an earlier runner', async () => {
    const { runner, config } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('well'));
    const next = new LocalProcessRunner(config);
    expect(await next.reattach(server)).toBe(true);
    expect(await next.healthCheck(server)).toEqual({ healthy: true });
    await next.stop(server);
    await next.stop(server);
    expect(processesMarked(server.id)).toEqual([]);
    expect(await next.reattach(server)).toBe(false);
    await next.shutdown();
  });

  it('never signals a process that is not the server', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('well'));
    const stranger = { ...server, id: 'somebody-else' };
    await runner.stop(stranger);
    expect(await runner.reattach(stranger)).toBe(false);
    expect(await runner.healthCheck(server)).toEqual({ healthy: true });
  });
});

describe('what a server gets', () => {
  it('is its own variables, its address and an allow-list, nothing else of the runner', async () => {
    process.env.RUNNER_SECRET = 'do not tell';
    process.env.npm_config_call = 'leftover';
    onTestFinished(() => {
      delete process.env.RUNNER_SECRET;
      delete process.env.npm_config_call;
    });
    const { runner } = testRunner({ globalEnvVars: { A: 'global', B: 'global' } });
    const built = await buildFolder(runner, await serverProject('well'));
    const server = await runner.deploy(built.project, built.deployment, built.build, {
      envVars: { B: 'own', PORT: '1', HOST: '0.0.0.0' },
    });
    const env = (await (await fetch(`http://127.0.0.1:${server.port}/env`)).json()) as Record<string, string>;
    expect(env).toMatchObject({
      A: 'global',
      B: 'own',
      PORT: String(server.port),
      HOST: '127.0.0.1',
      NODE_ENV: 'production',
    });
    expect(env).not.toHaveProperty('RUNNER_SECRET');
    expect(Object.keys(env).filter((name) => name.startsWith('npm_'))).toEqual([]);
  });

  it('is a record of exactly the fields that hosts store', async () => {
    const { runner } = testRunner();
    const { server } = await deployFolder(runner, await serverProject('announces'));
    expect(Object.keys(server).toSorted()).toEqual(
      [
        'id',
        'deploymentId',
        'buildId',
        'processId',
        'containerId',
        'host',
        'port',
        'healthStatus',
        'lastHealthCheck',
        'memoryUsageMb',
        'cpuPercent',
        'startedAt',
        'stoppedAt',
      ].toSorted(),
    );
  });
});

/** Living processes whose working folder is in the release of this build. */
function processesIn(pid: string, buildId: string): string[] {
  try {
    return readlinkSync(join('/proc', pid, 'cwd')).includes(buildId) ? [pid] : [];
  } catch {
    // Gone, or not ours to look into.
    return [];
  }
}

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testPortStrategy } from '@project-runner/conformance';
import type {
  Deployment,
  PortRequest,
  PortStrategyPlugin,
  Project,
  RunningServer,
} from '@project-runner/core';
import { portsHeld } from '@project-runner/ports-held';
import { portsRange } from '@project-runner/ports-range';
import type { LocalProcessRunner } from '@project-runner/runner';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { fixedPorts } from '../src/index.ts';
import { buildOf, deploymentOf, helloProject, tempFolder, testRunner } from './records.ts';

const { signal } = new AbortController();
const ask = (strategy: PortStrategyPlugin, request: Partial<PortRequest>) =>
  strategy.acquire({ exclude: [], owner: 'a test', ...request }, signal);

/** Ports that are free now, outside of what the runner chooses from. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

describe('conformance', async () => {
  const ports = await freePorts(10);
  const leaseDir = tempLeases();
  testPortStrategy(it, {
    create: () => fixedPorts({ ports: { shop: ports }, strategy: portsRange({ leaseDir }) }),
    whose: { projectId: 'shop' },
  });
});

describe('conformance of others', () => {
  const leaseDir = tempLeases();
  testPortStrategy(it, {
    create: () =>
      fixedPorts({
        ports: {},
        others: 'any',
        strategy: portsRange({ start: 27_200, end: 27_240, leaseDir }),
      }),
  });
});

function tempLeases(): string {
  const dir = mkdtempSync(join(tmpdir(), 'leases-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('fixedPorts', () => {
  it('prefers the ports of the deployment to those of the project, and keeps to their order', async () => {
    const [first = 0, second = 0, third = 0] = await freePorts(3);
    const strategy = fixedPorts({
      ports: { shop: first, 'shop-staging': [second, third] },
      strategy: portsRange({ leaseDir: tempFolder() }),
    });
    const whose = { deploymentId: 'shop-staging', projectId: 'shop' };
    const leases = [
      await ask(strategy, whose),
      await ask(strategy, whose),
      await ask(strategy, { projectId: 'shop' }),
    ];
    expect(leases.map(({ port }) => port)).toEqual([second, third, first]);
    expect(strategy.stats?.().allocated.toSorted()).toEqual([first, second, third].toSorted());
    await Promise.all(leases.map((lease) => lease.release()));
  });

  it('says for whom no port is free, why, and what to do', async () => {
    const [port = 0, other = 0] = await freePorts(2);
    const strategy = fixedPorts({
      ports: { shop: [port, other] },
      strategy: portsRange({ leaseDir: tempFolder() }),
    });
    const lease = await ask(strategy, { projectId: 'shop', owner: 'server 1' });
    await expect(ask(strategy, { projectId: 'shop', exclude: [other] })).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringMatching(
        new RegExp(
          `^No port that is set for shop is free \\(${port}, ${other}\\): Port ${port} is not free: server 1 has it.*; ${other} was tried`,
        ),
      ),
      hint: expect.stringContaining('set two ports'),
    });
    await lease.release();
    expect((await ask(strategy, { projectId: 'shop' })).port).toBe(port);
  });

  it('refuses whom no port is set for, and never gives others a port that is set for somebody', async () => {
    const ports = { shop: 27_250 };
    const strategy = portsRange({ start: 27_250, end: 27_251, leaseDir: tempFolder() });
    const whose = { deploymentId: 'd', projectId: 'p' };
    await expect(ask(fixedPorts({ ports, strategy }), whose)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: 'No port is set for deployment d of project p; set are those of shop',
    });
    const open = fixedPorts({ ports, strategy, others: 'any' });
    expect((await ask(open, whose)).port).toBe(27_251);
    await expect(ask(open, whose)).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
  });

  it.each([[0], [70_000], [[]], ['80']])('refuses %j as a port', (port) => {
    expect(() => fixedPorts({ ports: { shop: port as number } })).toThrow(
      /ports of "shop" must be whole numbers/,
    );
  });
});

describe('under Project Runner', () => {
  async function deploy(
    runner: LocalProcessRunner,
    project: Project,
    deployment: Deployment,
  ): Promise<RunningServer> {
    const build = await runner.build(project, buildOf(deployment), { skipInstall: true });
    expect(build.errorMessage).toBeNull();
    return runner.deploy(project, deployment, build);
  }
  const answer = async ({ port }: RunningServer) => (await fetch(`http://127.0.0.1:${port}`)).text();

  it('servers get their ports, and one that is taken fails the deploy and leaves the other serving', async () => {
    const [port = 0, other = 0] = await freePorts(2);
    const [shop, blog] = [helloProject(), helloProject()];
    const strategy = portsRange({ leaseDir: tempFolder() });
    const runner = testRunner({
      plugins: [fixedPorts({ ports: { [shop.id]: port, [blog.id]: other }, strategy })],
      without: ['port-strategy:range'],
    });
    const deployment = deploymentOf(shop);
    const server = await deploy(runner, shop, deployment);
    expect(server.port).toBe(port);
    const stranger = createServer().listen(other, '127.0.0.1');
    await once(stranger, 'listening');
    onTestFinished(() => void stranger.close());
    await expect(deploy(runner, blog, deploymentOf(blog))).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
    });
    // One port, and the old server must serve until the new one is healthy.
    await expect(deploy(runner, shop, deployment)).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
      message: expect.stringContaining(`No port that is set for ${shop.id} is free (${port})`),
    });
    expect(await answer(server)).toBe('hello');
  });

  it('a redeploy stays on the one port with a strategy whose servers share it', async () => {
    const [port = 0] = await freePorts(1);
    const project = helloProject();
    const runner = testRunner({
      plugins: [
        fixedPorts({ ports: { [project.id]: port }, strategy: portsHeld({ leaseDir: tempFolder() }) }),
      ],
      without: ['port-strategy:range'],
    });
    const deployment = deploymentOf(project);
    const first = await deploy(runner, project, deployment);
    const second = await deploy(runner, project, deployment);
    expect([first.port, second.port]).toEqual([port, port]);
    expect(second.processId).not.toBe(first.processId);
    expect(await answer(second)).toBe('hello');
  });
});

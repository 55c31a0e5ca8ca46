import { once } from 'node:events';
import { createServer } from 'node:net';

import type { PortStrategyPlugin } from '@project-runner/core';
import { launcherLocal } from '@project-runner/launcher-local';
import { portsHeld } from '@project-runner/ports-held';
import { describe, expect, it, onTestFinished } from 'vitest';

import { heldProject } from '../support/held-project.ts';
import { heldRunner } from '../support/held-runner.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { deployFolder, testRunner } from '../support/test-runner.ts';

async function answers(port: number): Promise<boolean> {
  return /^\d+$/.test(await (await fetch(`http://127.0.0.1:${port}/`)).text());
}

describe('a server that cannot take a held socket gets a port to bind', () => {
  it.each([
    ['of a cluster', 'cluster.mjs', 'node cluster.mjs'],
    ['in a worker thread', 'in-a-worker.mjs', 'node in-a-worker.mjs'],
    ['behind a script that only a shell understands', 'esm.mjs', 'true && node esm.mjs'],
  ])('%s', async (_, fixture, start) => {
    const { runner } = heldRunner();
    const { project, deployment, build, server } = await deployFolder(
      runner,
      await heldProject(fixture, start),
    );
    expect(await answers(server.port)).toBe(true);
    const next = await runner.deploy(project, deployment, build);
    expect(await answers(next.port)).toBe(true);
    expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [next.port] });
  });

  it('where the launcher passes no descriptors on', async () => {
    const { runner } = heldRunner({ plugins: [{ ...launcherLocal(), inherits: false }] });
    const { project, deployment, build, server } = await deployFolder(runner, await heldProject('esm.mjs'));
    const next = await runner.deploy(project, deployment, build);
    expect(next.port).not.toBe(server.port);
    expect(await answers(next.port)).toBe(true);
  });

  it('and another one where a stranger listens before the first server does', async () => {
    const strategy = portsHeld({ start: 26_450, end: 26_452, leaseDir: tempFolder() });
    const thief = createServer();
    onTestFinished(() => void thief.close());
    const robbed: PortStrategyPlugin = {
      ...strategy,
      async acquire(request, signal) {
        const lease = await strategy.acquire(request, signal);
        // A socket that is bound only does not keep others from listening.
        if (lease.hold?.() && !thief.listening)
          await once(thief.listen(lease.port, '127.0.0.1'), 'listening');
        return lease;
      },
    };
    const { runner } = testRunner({ plugins: [robbed] });
    const { project, deployment, build, server } = await deployFolder(runner, await heldProject('esm.mjs'));
    expect(server.port).toBe(26_451);
    // Which is held.
    expect((await runner.deploy(project, deployment, build)).port).toBe(26_451);
  });
});

describe('a held port', () => {
  it('is one that nobody has', async () => {
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(26_400, '127.0.0.1', resolve));
    onTestFinished(() => void stranger.close());
    const { runner } = heldRunner();
    const { server } = await deployFolder(runner, await heldProject('esm.mjs'));
    expect(server.port).toBe(26_401);
  });

  it('is probed by a path of the temporary files where that of the run is too long', async () => {
    const { runner, config } = heldRunner({ durable: false });
    const { project, deployment, build, server } = await deployFolder(runner, await heldProject('esm.mjs'));
    expect(config.durable).toBe(false);
    const next = await runner.deploy(project, deployment, build);
    expect(next.port).toBe(server.port);
    expect(await runner.healthCheck(next)).toEqual({ healthy: true });
  });
});

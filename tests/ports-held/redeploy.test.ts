import { get } from 'node:http';

import type { RunningServer } from '@project-runner/core';
import { healthHttp } from '@project-runner/health-http';
import type { LocalProcessRunner } from '@project-runner/runner';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { heldProject } from '../support/held-project.ts';
import { heldRunner } from '../support/held-runner.ts';
import { putLoad } from '../support/put-load.ts';
import { buildRecord } from '../support/records.ts';
import { selfSigned } from '../support/self-signed.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { Built } from '../support/test-runner.ts';
import { deployFolder, processesMarked } from '../support/test-runner.ts';

/** One request, on a connection of its own. */
function ask(port: number, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.once('error', reject).once('end', () => resolve(body));
    }).once('error', reject);
  });
}

const pidOf = (server: RunningServer): string => String(server.processId);

async function redeploy(runner: LocalProcessRunner, built: Built): Promise<RunningServer> {
  return runner.deploy(built.project, built.deployment, built.build);
}

async function buildOf(runner: LocalProcessRunner, built: Built, path: string): Promise<Built> {
  const project = { ...built.project, sourceConfig: { path } };
  const build = buildRecord(built.deployment);
  return { ...built, project, build: await runner.build(project, build, { skipInstall: true }) };
}

describe('a redeploy over a held socket', () => {
  it.each(['esm.mjs', 'commonjs.cjs', 'ends-at-once.mjs', 'two-ports.mjs', 'upgrades.mjs', 'https.mjs'])(
    'loses no request of %s',
    async (fixture) => {
      const isSecure = fixture === 'https.mjs';
      const { key, cert } = selfSigned(tempFolder(), 'localhost', ['localhost']);
      const plugins = isSecure ? [healthHttp({ protocol: 'https', allowSelfSigned: true })] : [];
      const { runner } = heldRunner({ plugins, globalEnvVars: { KEY: key, CERT: cert } });
      const built = await deployFolder(runner, await heldProject(fixture));
      const load = putLoad({ port: built.server.port, isSecure });
      await load.answers(100);
      const pids = [pidOf(built.server)];
      for (let round = 0; round < 3; round += 1) {
        const next = await redeploy(runner, built);
        pids.push(pidOf(next));
        expect(next.port).toBe(built.server.port);
        await load.answers(100);
      }
      const { failed, bodies } = await load.end();
      expect(failed).toEqual([]);
      expect([...bodies.keys()].toSorted()).toEqual(pids.toSorted());
      expect(processesMarked(built.server.id)).toEqual([]);
      expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [built.server.port] });
    },
  );

  it.each(['/slow?ms=1500', '/stream?ms=1500'])('lets an open request of %s finish', async (path) => {
    const { runner } = heldRunner();
    const built = await deployFolder(runner, await heldProject('ends-at-once.mjs'));
    const open = ask(built.server.port, path);
    await expect.poll(() => runner.getLogs(built.server)).toMatch(path.startsWith('/slow') ? 'slow' : '');
    if (path.startsWith('/stream')) await ask(built.server.port);
    await redeploy(runner, built);
    expect(await open).toContain(pidOf(built.server));
    expect(await runner.getLogs(built.server)).toContain('SIGTERM');
  });

  it('gives an open request up at the deadline', async () => {
    const { runner } = heldRunner({}, { drainMs: 300 });
    const built = await deployFolder(runner, await heldProject('esm.mjs'));
    const open = ask(built.server.port, '/slow?ms=60000').catch((error: NodeJS.ErrnoException) => error.code);
    await expect.poll(() => runner.getLogs(built.server)).toContain('slow');
    await redeploy(runner, built);
    expect(await open).toBe('ECONNRESET');
  });

  it.each([
    ['exits at once', 'exit', 'SERVER_EXITED'],
    ['answers its probe with 500', 'sick', 'SERVER_NOT_READY'],
    ['never listens', 'silent', 'SERVER_NOT_READY'],
  ])('that %s leaves the old server alone with the traffic', async (_, kind, code) => {
    const { runner } = heldRunner();
    const built = await deployFolder(runner, await heldProject('esm.mjs'));
    const load = putLoad({ port: built.server.port, kept: 4, fresh: 4 });
    const path = await heldProject('esm.mjs', kind === 'exit' ? 'node -e process.exit(3)' : 'node esm.mjs');
    const bad = await buildOf(runner, built, kind === 'silent' ? await heldProject('silent.mjs') : path);
    const deploying = runner.deploy(bad.project, bad.deployment, bad.build, {
      healthCheckTimeoutMs: 1500,
      envVars: kind === 'sick' ? { SICK: '1' } : {},
    });
    await expect(deploying).rejects.toMatchObject({ code });
    await load.answers(50);
    const { failed, bodies } = await load.end();
    expect(failed).toEqual([]);
    expect([...bodies.keys()]).toEqual([pidOf(built.server)]);
    expect(await runner.healthCheck(built.server)).toEqual({ healthy: true });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [built.server.port] });
  });

  it('that fails because it finds every port taken does not move the next one to another port', async () => {
    const { runner } = heldRunner();
    const built = await deployFolder(runner, await heldProject('esm.mjs'));
    const bad = await buildOf(runner, built, await heldProject('taken.mjs'));
    await expect(redeploy(runner, bad)).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE' });
    expect((await redeploy(runner, built)).port).toBe(built.server.port);
    expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [built.server.port] });
  });

  it('called twice at once: the later wins, in order, and nothing is left of the others', async () => {
    const { runner } = heldRunner();
    const built = await deployFolder(runner, await heldProject('esm.mjs'));
    const load = putLoad({ port: built.server.port });
    const [second, third] = await Promise.all([redeploy(runner, built), redeploy(runner, built)]);
    await load.answers(100);
    expect((await load.end()).failed).toEqual([]);
    expect(await ask(third.port)).toBe(pidOf(third));
    expect([...processesMarked(built.server.id), ...processesMarked(second.id)]).toEqual([]);
    expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [built.server.port] });
    await runner.stop(third);
    await expect(ask(third.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  });

  it('keeps the one port that was asked for', async () => {
    const { runner } = heldRunner();
    const built = await deployFolder(runner, await heldProject('esm.mjs'), { port: 26_450 });
    expect(built.server.port).toBe(26_450);
    const { project, deployment, build } = built;
    const next = await runner.deploy(project, deployment, build, { port: 26_450 });
    expect(await ask(26_450)).toBe(pidOf(next));
  });

  it('stops a server without connections at once', async () => {
    const { runner } = heldRunner();
    const { server } = await deployFolder(runner, await heldProject('esm.mjs'));
    await ask(server.port);
    await runner.stop(server);
    const status = runner.getServerStatus(server);
    expect(status?.lastExit).toEqual({ code: null, signal: 'SIGTERM' });
    await eventually(
      () => processesMarked(server.id),
      (left) => left.length === 0,
    );
  });
});

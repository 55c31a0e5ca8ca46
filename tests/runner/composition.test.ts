import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testHealthProbe, testLogSink } from '@project-runner/conformance';
import { wrap } from '@project-runner/core';
import type { HealthProbePlugin, LogSession, LogSinkPlugin, RunningServer } from '@project-runner/core';
import { healthHttp } from '@project-runner/health-http';
import { logsFile } from '@project-runner/logs-file';
import { filterSink } from '@project-runner/runner';
import { afterAll, describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { recordEvents } from '../support/server-events.ts';
import { serverProject } from '../support/server-project.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { buildFolder, deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';

const started = (): HealthProbePlugin =>
  healthHttp({ name: 'started', path: '/started', roles: ['startup'] });
const ready = (): HealthProbePlugin => healthHttp({ name: 'ready', path: '/ready', roles: ['readiness'] });
const live = (): HealthProbePlugin => healthHttp({ name: 'live', path: '/live', roles: ['liveness'] });

async function ask({ port }: RunningServer, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(10_000) });
  return response.text();
}

async function asked(server: RunningServer): Promise<Record<string, number>> {
  return JSON.parse(await ask(server, '/asked')) as Record<string, number>;
}

const moods = (): Promise<string> => serverProject('moods');

describe('several health probes', () => {
  it.each([
    ['STARTED', 'started', 503],
    ['READY', 'ready', 500],
  ])(
    'must all pass before a server is ready: one that does not like %s is named',
    async (name, probe, status) => {
      const { runner } = testRunner({ plugins: [started(), ready(), live()] });
      const events = recordEvents(runner);
      const { project, deployment, build } = await buildFolder(runner, await moods());
      const deploying = runner.deploy(project, deployment, build, {
        envVars: { [name]: String(status), LIVE: '500' },
        healthCheckTimeoutMs: 1500,
      });
      await expect(deploying).rejects.toMatchObject({
        code: 'SERVER_NOT_READY',
        message: expect.stringContaining(
          `[health-probe:${probe}] Health check returned status ${status}`,
        ) as string,
        hint: expect.stringContaining(`set path of health-probe:${probe}, now /${probe},`) as string,
      });
      const { server } = await events.next('spawned');
      expect(processesMarked(server.id)).toEqual([]);
      expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
    },
  );

  it('are asked for what they are there for: startup no more, liveness and readiness by the host', async () => {
    const { runner } = testRunner({ plugins: [started(), ready(), live()], liveness: false });
    const { server } = await deployFolder(runner, await moods(), { envVars: { LIVE: '500' } });
    const atStart = await asked(server);
    expect(atStart).toMatchObject({ '/started': 1, '/ready': 1 });
    expect(atStart).not.toHaveProperty('/live');
    expect(await runner.healthCheck(server)).toEqual({
      healthy: false,
      message: '[health-probe:live] Health check returned status 500',
    });
    await ask(server, '/set?path=/live&status=200');
    expect(await runner.healthCheck(server)).toEqual({ healthy: true });
    await ask(server, '/set?path=/ready&status=503');
    expect(await runner.healthCheck(server)).toEqual({
      healthy: false,
      message: '[health-probe:ready] Health check returned status 503',
    });
    expect(await asked(server)).toMatchObject({ '/started': 1, '/ready': 4, '/live': 3 });
  });

  it('restart a server for its liveness, not for its readiness', async () => {
    const { runner } = testRunner({
      plugins: [ready(), live()],
      liveness: { intervalMs: 20, failures: 2 },
      wrap: { 'health-probe:http': (inner) => wrap(inner, { roles: ['startup'] }) },
    });
    const events = recordEvents(runner);
    const { server } = await deployFolder(runner, await moods());
    await ask(server, '/set?path=/ready&status=503');
    const before = (await asked(server))['/live'] ?? 0;
    // Looked at often enough to be started anew, if that were to come of it.
    await eventually(
      () => asked(server),
      (now) => (now['/live'] ?? 0) >= before + 5,
    );
    expect(await runner.healthCheck(server)).toMatchObject({ healthy: false });
    expect(events.names()).toEqual(['spawned', 'ready']);
    await ask(server, '/set?path=/live&status=500');
    expect(await events.next('restarting')).toMatchObject({
      reason: expect.stringContaining(
        'liveness probe failed 2 times in a row: Health check returned status 500',
      ) as string,
    });
    const { server: again } = await events.next('ready', 2);
    expect(again).toMatchObject({ id: server.id, port: server.port });
    expect(await runner.healthCheck(again)).toEqual({ healthy: true });
  });
});

describe('a wrapped probe', () => {
  testHealthProbe(it, {
    create: () => wrap(healthHttp(), (inner) => ({ check: (target, signal) => inner.check(target, signal) })),
    http: true,
  });

  it('whose override throws fails the deploy by its name and leaves nothing', async () => {
    const cause = new TypeError('no such thing');
    const { runner } = testRunner({
      wrap: {
        'health-probe:http': (inner) =>
          wrap(inner, {
            check() {
              throw cause;
            },
          }),
      },
    });
    const { project, deployment, build } = await buildFolder(runner, await moods());
    await expect(runner.deploy(project, deployment, build)).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      plugin: 'health-probe:http',
      cause,
    });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  });
});

describe('several log sinks', () => {
  describe('one of them filtered, proved', () => {
    const dir = mkdtempSync(join(tmpdir(), 'filtered-'));
    afterAll(() => rmSync(dir, { recursive: true, force: true }));
    testLogSink(it, {
      create: () => filterSink(logsFile({ dir }), { pattern: /^/, read: true }),
      read: true,
      unwritable() {
        const logs = join(mkdtempSync(join(dir, 'broken-')), 'logs');
        return {
          sink: filterSink(logsFile({ dir: logs }), { pattern: /^/ }),
          break() {
            rmSync(logs, { recursive: true, force: true });
            writeFileSync(logs, '');
          },
        };
      },
    });
  });

  const texts = async (sink: LogSinkPlugin, session: LogSession): Promise<string[]> =>
    [...((await sink.read?.(session, {})) ?? [])].map(({ sequence, text }) => `${sequence} ${text}`);

  it('get what their filters let through, under the same numbers, each with options of its own', async () => {
    const root = tempFolder();
    const named = (name: string): LogSinkPlugin => logsFile({ name, dir: join(root, name) });
    const { runner } = testRunner({
      plugins: [
        filterSink(named('errors'), { pattern: /error/i }),
        filterSink(named('stderr'), { stream: 'stderr' }),
        filterSink(named('shop'), { projects: ['somebody-else'] }),
        wrap(filterSink(named('small'), { stream: 'stdout', pattern: (line) => line.endsWith('3') }), {
          maxQueueBytes: 600,
        }),
      ],
    });
    const { server, project } = await deployFolder(runner, await moods());
    const session = {
      serverId: server.id,
      deploymentId: server.deploymentId,
      buildId: server.buildId,
      projectId: project.id,
    };
    let count = 0;
    for (const [stream, text] of [
      ['stdout', 'fine 1'],
      ['stderr', 'an Error 2'],
      ['stdout', 'error 3'],
      ['stderr', 'odd 4'],
    ]) {
      await ask(server, `/say?stream=${stream}&text=${encodeURIComponent(text ?? '')}`);
      count += 1;
      const expected = count;
      await eventually(
        () => runner.getLogs(server),
        (log) => log.split('\n').length === expected,
      );
    }
    await runner.stop(server);
    expect(await runner.getLogs(server)).toBe('fine 1\nan Error 2\nerror 3\nodd 4');
    expect(await texts(named('errors'), session)).toEqual(['2 an Error 2', '3 error 3']);
    expect(await texts(named('stderr'), session)).toEqual(['2 an Error 2', '4 odd 4']);
    expect(await texts(named('shop'), session)).toEqual([]);
    expect(await texts(named('small'), session)).toEqual(['3 error 3']);
    expect(runner.getStats().lostLogLines).toBe(0);
  });

  it('lose lines by the room each is given: the one with less, and nobody else', async () => {
    const release = Promise.withResolvers<void>();
    const slow = (name: string): LogSinkPlugin => ({
      kind: 'log-sink',
      name,
      apiVersion: 1,
      open: () => ({ write: () => release.promise, close: () => undefined }),
    });
    const { runner } = testRunner({ plugins: [wrap(slow('small'), { maxQueueBytes: 2000 }), slow('roomy')] });
    const losses = new Set<string>();
    runner.on('log-loss', ({ sink }) => losses.add(sink));
    const { server } = await deployFolder(runner, await moods());
    for (let line = 1; line <= 8; line += 1) {
      await ask(server, `/say?stream=stdout&text=${'x'.repeat(500)}${line}`);
      const expected = line;
      await eventually(
        () => runner.getLogs(server),
        (log) => log.endsWith(`x${expected}`),
      );
    }
    expect([...losses]).toEqual(['log-sink:small']);
    release.resolve();
  });
});

describe('the order of sinks', () => {
  it('is the one in which they are asked for a log', async () => {
    const other: LogSinkPlugin = {
      kind: 'log-sink',
      name: 'other',
      apiVersion: 1,
      open: () => ({ write: () => undefined, close: () => undefined }),
      read: () => [{ sequence: 1, time: new Date(), stream: 'stdout', text: 'from the other' }],
    };
    const { runner } = testRunner({ plugins: [other], order: ['log-sink:other'] });
    const { server } = await deployFolder(runner, await serverProject('well'));
    expect(await runner.getLogs(server)).toBe('from the other');
  });
});

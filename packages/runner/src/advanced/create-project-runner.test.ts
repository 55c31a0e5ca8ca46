import { setTimeout as delay } from 'node:timers/promises';

import type { HealthProbePlugin } from '@project-runner/core';
import { expect, it } from 'vitest';

import { createProjectRunner } from '../create-project-runner.ts';
import { runnerAndProject } from './project-runner.test-support.ts';

const files = {
  'server.mjs': `
    import { createServer } from 'node:http';
    for (let line = 1; line <= 20; line += 1) console.log('line ' + line);
    createServer((_, response) => response.end()).listen(process.env.PORT, process.env.HOST);`,
  'package.json': '{"type":"module"}',
};

it('keeps logRetentionLines of a server in memory, also after its end', async () => {
  const config = { logRetentionLines: 5, without: ['log-sink:file'] };
  const { runner, build, deploy } = runnerAndProject(files, config);
  const server = await deploy(await build());
  const last = 'line 16\nline 17\nline 18\nline 19\nline 20';
  const deadline = performance.now() + 10_000;
  while (!(await runner.getLogs(server)).endsWith('line 20') && performance.now() < deadline) await delay(5);
  expect(await runner.getLogs(server)).toBe(last);
  await runner.stop(server);
  expect(await runner.getLogs(server)).toBe(last);
  expect(await runner.getLogs(server, { tail: 2 })).toBe('line 19\nline 20');
});

it('asks a plugin that replaces one of the preset, and not that', async () => {
  const seen = new Set<number>();
  let tired = false;
  const own: HealthProbePlugin = {
    kind: 'health-probe',
    name: 'http',
    apiVersion: 1,
    check({ port }) {
      seen.add(port);
      return Promise.resolve(tired ? { healthy: false, message: 'tired' } : { healthy: true });
    },
  };
  const { runner, build, deploy } = runnerAndProject(files, { plugins: [false, [own]] });
  const server = await deploy(await build());
  expect(await runner.healthCheck(server)).toEqual({ healthy: true });
  tired = true;
  expect(await runner.healthCheck(server)).toEqual({ healthy: false, message: 'tired' });
  expect([...seen]).toEqual([server.port]);
});

it('refuses what cannot work: half a plugin, one twice, one to leave out that is not there', () => {
  const own = {
    kind: 'log-sink',
    name: 'own',
    apiVersion: 1,
    open: () => ({ write() {}, close() {} }),
  } as const;
  const { open: _, ...half } = own;
  const code = (name: string): unknown => expect.objectContaining({ code: name });
  expect(() => createProjectRunner({ plugins: [half as typeof own] })).toThrow(code('PLUGIN_INVALID'));
  expect(() => createProjectRunner({ plugins: [own, own] })).toThrow(code('PLUGIN_DUPLICATE'));
  expect(() => createProjectRunner({ without: ['log-sink:own'] })).toThrow(code('PLUGIN_MISSING'));
});

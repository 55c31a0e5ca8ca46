import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { testRunner } from '../support/test-runner.ts';

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

describe('real servers', () => {
  it.each([
    ['express-hello', 'Hello from Express'],
    ['fastify-hello', 'Hello from Fastify'],
    ['hono-hello', 'Hello from Hono'],
  ])('%s is installed, built, deployed and answers', async (name, text) => {
    const { runner } = testRunner();
    const project = projectRecord(example(name));
    const deployment = deploymentRecord(project);
    const log: string[] = [];
    const build = await runner.build(project, buildRecord(deployment), {}, (line) => log.push(line));
    expect(build.errorMessage, log.join('\n')).toBeNull();
    const server = await runner.deploy(project, deployment, build);
    expect(await (await fetch(`http://${server.host}:${server.port}/`)).text()).toBe(text);
    expect(await runner.healthCheck(server)).toEqual({ healthy: true });
  });

  it('mastra-hello is built by mastra, announces itself, and serves its tool, its workflow and its own route', async () => {
    const { runner } = testRunner();
    const project = projectRecord(example('mastra-hello'));
    const deployment = deploymentRecord(project);
    const log: string[] = [];
    const build = await runner.build(project, buildRecord(deployment), {}, (line) => log.push(line));
    expect(build.errorMessage, log.slice(-30).join('\n')).toBeNull();
    expect(log).toContain('Detected package manager: pnpm');
    const server = await runner.deploy(project, deployment, build);
    const url = `http://127.0.0.1:${server.port}`;
    const post = async (path: string, body: unknown): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    };
    expect(await (await fetch(`${url}/hello?name=Ada`)).json()).toEqual({ message: 'Hello, Ada' });
    expect(await post('/api/tools/shout/execute', { data: { text: 'abc' } })).toEqual({ text: 'ABC' });
    expect(
      await post('/api/workflows/greetWorkflow/start-async', { inputData: { name: 'Ada' } }),
    ).toMatchObject({ status: 'success' });
    await runner.stop(server);
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
  });
});

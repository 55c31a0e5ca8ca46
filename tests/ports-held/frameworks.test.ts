import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { heldRunner } from '../support/held-runner.ts';
import { putLoad } from '../support/put-load.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

it.each(['express-hello', 'fastify-hello', 'hono-hello', 'next-hello', 'mastra-hello'])(
  '%s loses no request in a redeploy, and refuses none in a crash',
  async (name) => {
    const { runner } = heldRunner({ restart: { stableMs: 0 }, stopGraceMs: 20_000 });
    const project = projectRecord(example(name));
    const deployment = deploymentRecord(project);
    const log: string[] = [];
    const build = await runner.build(project, buildRecord(deployment), {}, (line) => log.push(line));
    expect(build.errorMessage, log.slice(-30).join('\n')).toBeNull();
    const server = await runner.deploy(project, deployment, build);
    const load = putLoad({ port: server.port, kept: 5, fresh: 5 });
    await load.answers(50);
    const next = await runner.deploy(project, deployment, build);
    expect(next.port).toBe(server.port);
    await load.answers(50);
    expect(load.result.failed).toEqual([]);
    process.kill(next.processId ?? Number.NaN, 'SIGKILL');
    await load.answers(50);
    const { failed } = await load.end();
    expect(new Set(failed)).toEqual(new Set(failed.length === 0 ? [] : ['ECONNRESET']));
    expect(await runner.healthCheck(next)).toEqual({ healthy: true });
  },
);

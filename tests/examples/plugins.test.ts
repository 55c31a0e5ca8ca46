import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testHealthProbe, testLogSink } from '@project-runner/conformance';
import type { ReceivedLine } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { tcpProbe } from '../../examples/custom-health-plugin/tcp-probe.ts';
import { jsonLinesSink } from '../../examples/custom-log-sink/json-lines-sink.ts';
import { createAdmin } from '../../examples/mastra-admin/admin.ts';
import { memoryRouter } from '../../examples/mastra-admin/memory-router.ts';
import { deploymentRecord, projectRecord } from '../support/records.ts';
import { serverProject } from '../support/server-project.ts';
import { deployFolder, testRunner } from '../support/test-runner.ts';

describe('custom-health-plugin', () => {
  testHealthProbe(it, { create: tcpProbe, http: false });

  it('takes the slot of the preset: a server that answers 500 is well by its port', async () => {
    const { runner } = testRunner({ plugins: [tcpProbe()] });
    const { server } = await deployFolder(runner, await serverProject('answers-500'));
    expect(await runner.healthCheck(server)).toEqual({ healthy: true });
  });
});

describe('custom-log-sink', () => {
  const dir = mkdtempSync(join(tmpdir(), 'json-lines-'));
  const file = join(dir, 'file');
  writeFileSync(file, '');
  testLogSink(it, {
    create: () => jsonLinesSink({ dir }),
    read: false,
    unwritable: () => jsonLinesSink({ dir: join(file, 'logs') }),
    received: ({ serverId }) =>
      readFileSync(join(dir, `${serverId}.jsonl`), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((row) => JSON.parse(row) as ReceivedLine)
        .map(({ time, ...line }) => ({ ...line, time: new Date(time ?? Number.NaN) })),
  });

  it('gets every line of a server beside the sinks of the preset', async () => {
    const { runner } = testRunner({ plugins: [jsonLinesSink({ dir })] });
    const { server } = await deployFolder(runner, await serverProject('well'));
    await runner.stop(server);
    const rows = readFileSync(join(dir, `${server.id}.jsonl`), 'utf8')
      .trim()
      .split('\n');
    expect(rows.map((row) => (JSON.parse(row) as { text: string }).text)).toEqual(['listening', 'draining']);
    expect(await runner.getLogs(server)).toBe('listening\ndraining');
  });
});

describe('mastra-admin', () => {
  it('releases, redeploys with the route moved, and stops with the route gone', async () => {
    const { runner } = testRunner();
    const router = memoryRouter();
    const admin = createAdmin(runner, router);
    const project = projectRecord(await serverProject('well', { dependencies: {} }), {
      slug: 'My_Project 123!',
    });
    const deployment = deploymentRecord(project, { type: 'preview', branch: 'feature/new-ui' });

    const first = await admin.release(project, deployment);
    const route = await router.getRoute(deployment.id);
    expect(route).toMatchObject({
      subdomain: 'feature-new-ui--my-project-123',
      targetHost: '127.0.0.1',
      targetPort: first.port,
    });

    const second = await admin.release(project, deployment);
    expect(await router.getRoute(deployment.id)).toMatchObject({
      routeId: route?.routeId,
      targetPort: second.port,
    });
    expect(await router.listRoutes(project.id)).toHaveLength(1);

    await admin.stop(deployment);
    expect(await router.getRoute(deployment.id)).toBeNull();
    expect(admin.lines).toContain(`${second.id} stdout draining`);
  });
});

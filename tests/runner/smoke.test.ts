import { describe, expect, it } from 'vitest';

import { serverProject } from '../support/server-project.ts';
import { deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';

describe('the main job', () => {
  it('builds, deploys, answers, logs, measures and stops a server', async () => {
    const { runner } = testRunner();
    const { server, log } = await deployFolder(runner, await serverProject('well'));
    expect(server).toMatchObject({ healthStatus: 'healthy', host: '127.0.0.1', stoppedAt: null });
    expect(log).toContain('Detected package manager: npm');
    expect(log).toContain('No build script found');
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe(
      `hello from ${server.processId}`,
    );
    expect(await runner.healthCheck(server)).toEqual({ healthy: true });
    const usage = await runner.getResourceUsage(server);
    expect(usage.memoryUsageMb).toBeGreaterThan(10);
    expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [server.port] });

    await runner.stop(server);

    expect(await runner.getLogs(server)).toBe('listening\ndraining');
    expect(processesMarked(server.id)).toEqual([]);
    expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
    expect(await runner.healthCheck(server)).toEqual({ healthy: false, message: 'Process is not running' });
    expect(await runner.getResourceUsage(server)).toEqual({ memoryUsageMb: null, cpuPercent: null });
  });
});

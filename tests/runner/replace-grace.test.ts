import { expect, it } from 'vitest';

import { memoryRouter } from '../support/memory-router.ts';
import { serverProject } from '../support/server-project.ts';
import { deployFolder, processesMarked, testRunner } from '../support/test-runner.ts';

const timeout = 20_000;
const textAt = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();

it('a replaced server serves on until the host had time to move the traffic', async () => {
  const { runner } = testRunner({ replaceGraceMs: 1500 });
  const { project, deployment, build, server } = await deployFolder(runner, await serverProject('well'));
  const next = await runner.deploy(project, deployment, build);
  const deployedAt = performance.now();
  expect(await textAt(server.port)).toBe(`hello from ${server.processId}`);
  // It is not one of those that are to stay.
  expect(await runner.recover()).toMatchObject([{ id: next.id }]);
  await expect.poll(() => processesMarked(server.id), { timeout }).toEqual([]);
  expect(performance.now() - deployedAt).toBeGreaterThan(1000);
  expect(await textAt(next.port)).toBe(`hello from ${next.processId}`);
  await expect.poll(() => runner.getStats(), { timeout }).toMatchObject({ allocatedPorts: [next.port] });
});

it('a router has moved the traffic already, so the replaced server ends at once', async () => {
  const { runner } = testRunner({ replaceGraceMs: 60_000 });
  runner.setRouter(memoryRouter());
  const { project, deployment, build, server } = await deployFolder(runner, await serverProject('well'));
  await runner.deploy(project, deployment, build);
  expect(processesMarked(server.id)).toEqual([]);
});

it.each([
  ['it is stopped itself', 'old'],
  ['the new one is stopped', 'new'],
  ['the runner is shut down', 'all'],
  ['the runner is shut down and leaves its servers', 'leave'],
])('a replaced server that serves on ends when %s', async (_, what) => {
  const { runner } = testRunner({ replaceGraceMs: 60_000 });
  const { project, deployment, build, server } = await deployFolder(runner, await serverProject('well'));
  const next = await runner.deploy(project, deployment, build);
  expect(processesMarked(server.id)).not.toEqual([]);
  if (what === 'old') await runner.stop(server);
  if (what === 'new') await runner.stop(next);
  if (what === 'all') await runner.shutdown();
  if (what === 'leave') await runner.shutdown({ servers: 'leave' });
  await expect.poll(() => processesMarked(server.id), { timeout }).toEqual([]);
  const isLeft = what === 'old' || what === 'leave';
  expect(processesMarked(next.id).length > 0).toBe(isLeft);
  for (const pid of processesMarked(next.id)) process.kill(pid, 'SIGKILL');
});

it('two redeploys at once: the later wins, and none of the others is left after the grace', async () => {
  const { runner } = testRunner({ replaceGraceMs: 500 });
  const { project, deployment, build, server } = await deployFolder(runner, await serverProject('well'));
  const [second, third] = await Promise.all([
    runner.deploy(project, deployment, build),
    runner.deploy(project, deployment, build),
  ]);
  await expect
    .poll(() => [...processesMarked(server.id), ...processesMarked(second.id)], { timeout })
    .toEqual([]);
  expect(await textAt(third.port)).toBe(`hello from ${third.processId}`);
  await expect.poll(() => runner.getStats(), { timeout }).toMatchObject({ allocatedPorts: [third.port] });
});

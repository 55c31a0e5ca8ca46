import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ActivatorOptions, ProjectConfig, ProjectStatus } from '@project-runner/activator';
import { LocalProcessRunner } from '@project-runner/runner';
import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { isGone } from '../support/is-gone.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testActivator } from '../support/test-activator.ts';

const script = fileURLToPath(new URL('../support/activator-process.ts', import.meta.url));
const project = (dir: string, fixture = 'no-drain'): ProjectConfig => ({
  dir,
  command: {
    file: 'node',
    args: [fileURLToPath(new URL(`../fixtures/servers/${fixture}.mjs`, import.meta.url))],
  },
});

interface Started {
  child: ChildProcess;
  statuses: ProjectStatus[];
  token: string;
}

async function start(
  dir: string,
  projects: Record<string, ProjectConfig>,
  options: ActivatorOptions = {},
): Promise<Started> {
  const full = {
    portRange: { start: 22_830, end: 22_999 },
    ...options,
    runner: { stateDir: join(dir, 'state') },
  };
  const child = fork(script, [JSON.stringify({ options: full, projects })]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child, 'message')) as [Omit<Started, 'child'>];
  return { child, ...said };
}

describe('an activator beside another', () => {
  it('that is killed leaves servers that the next one stops, since their tokens are of a secret that is gone', async () => {
    const dir = tempFolder();
    const killed = await start(dir, { shop: project(dir), other: project(dir, 'ignores-sigterm') });
    const gone = once(killed.child, 'exit');
    killed.child.kill('SIGKILL');
    await gone;
    const pids = killed.statuses.map(({ pid }) => pid);
    expect(pids.map((pid) => isGone(pid))).toEqual([false, false]);

    const { activator } = await testActivator({
      runner: { stateDir: join(dir, 'state'), stopGraceMs: 500 },
    });
    expect(activator.deriveRuntimeToken('shop')).not.toBe(killed.token);
    // A start waits for the stop of what was left: its folder never has two.
    const again = await activator.ensureRunning('other', project(dir));
    expect(isGone(pids[1])).toBe(true);
    expect(again.pid).not.toBe(pids[1]);
    await eventually(() => isGone(pids[0]), Boolean);
    const { agentPort } = await activator.ensureRunning('shop', project(dir));
    const env = await (await fetch(`http://127.0.0.1:${agentPort}/env`)).json();
    expect(env).toMatchObject({ RUNTIME_AUTH_SECRET: activator.deriveRuntimeToken('shop') });
    await activator.shutdown();
    expect(readdirSync(join(dir, 'state', 'servers'))).toEqual([]);
  });

  it('leaves alone what another one that lives has, and shuts down without it', async () => {
    const dir = tempFolder();
    const living = await start(dir, { shop: project(dir) });
    const { activator } = await testActivator({ runner: { stateDir: join(dir, 'state') } });
    await activator.ensureRunning('mine', project(dir));
    expect(isGone(living.statuses[0]?.pid)).toBe(false);
    expect(activator.activeProjects().map(({ projectId }) => projectId)).toEqual(['mine']);
    await activator.shutdown();
    expect(isGone(living.statuses[0]?.pid)).toBe(false);
    living.child.kill('SIGKILL');
    await once(living.child, 'exit');
    const runner = new LocalProcessRunner({ stateDir: join(dir, 'state'), stopGraceMs: 500 });
    onTestFinished(() => runner.shutdown());
    expect(await runner.recover()).toMatchObject([{ deploymentId: 'shop' }]);
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('stops all projects when that was asked for', async () => {
    const dir = tempFolder();
    const { child, statuses } = await start(
      dir,
      { one: project(dir), two: project(dir, 'well') },
      { stopOnSignals: true },
    );
    const exit = once(child, 'exit');
    child.kill(signal);
    expect(await exit).toEqual([signal === 'SIGINT' ? 130 : 143, null]);
    expect(statuses.map(({ pid }) => isGone(pid))).toEqual([true, true]);
  });
});

it('without being asked an activator has no handlers of signals', async () => {
  const before = process.listenerCount('SIGTERM');
  const { activator } = await testActivator();
  expect(process.listenerCount('SIGTERM')).toBe(before);
  const asked = await testActivator({ stopOnSignals: { signals: ['SIGTERM'] } });
  expect(process.listenerCount('SIGTERM')).toBe(before + 1);
  await Promise.all([activator.shutdown(), asked.activator.shutdown()]);
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

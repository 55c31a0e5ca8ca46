import { EventEmitter } from 'node:events';

import type { RunnerEvents } from '@project-runner/core';
import { expect, it } from 'vitest';

import { createLogPipeline } from '../logs/log-pipeline.ts';
import { defaultRestartPolicy } from './restart-policy.ts';
import { ServerSupervisor } from './server-supervisor.ts';
import type { StartedServer } from './start-server.ts';
import { storedServer } from './stored-server.test-support.ts';
import type { SupervisionContext } from './supervision-context.ts';

it('pauses the route of a held server that served, and whose start the next runner could not see through', async () => {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const events = new EventEmitter<RunnerEvents>();
  const calls: string[] = [];
  const note = (call: string): Promise<void> => Promise.resolve(void calls.push(call));
  const context = {
    durable: false,
    logger,
    events,
    restart: { ...defaultRestartPolicy, initialDelayMs: 60_000 },
    routes: {
      follow: () => note('follow'),
      pause: (_id, _target, isPaused) => note(isPaused ? 'pause' : 'resume'),
      remove: () => note('remove'),
    },
    frameworkOf() {
      throw new Error('its framework plugin is not there any more');
    },
  } as Partial<SupervisionContext> as SupervisionContext;
  const stored = storedServer('server-1', { state: 'starting', probeSocket: '/run/server-1/http' });
  const supervisor = new ServerSupervisor({
    context,
    stored,
    env: {},
    logs: createLogPipeline({ session: stored.session, sinks: [], logger }),
    disown: () => undefined,
  });
  const again = new Promise((resolve) => events.once('restarting', resolve));
  supervisor.adopt({} as StartedServer);
  await again;
  expect(calls).toEqual(['pause']);
  await supervisor.stop();
  expect(calls).toEqual(['pause', 'remove']);
});

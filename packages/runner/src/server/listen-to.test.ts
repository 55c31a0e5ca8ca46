import { EventEmitter } from 'node:events';

import type { RunnerEvents, RunningServer } from '@project-runner/core';
import { expect, it } from 'vitest';

import { listenTo } from './listen-to.ts';

const warnings: string[] = [];
const logger = { debug() {}, info() {}, warn: (text: string) => void warnings.push(text), error() {} };
const server = { id: 's' } as RunningServer;

it('tells each listener, whatever the others do, until it has had enough', () => {
  const events = new EventEmitter<RunnerEvents>();
  const heard: string[] = [];
  listenTo(events, logger, 'settled', () => {
    throw new Error('no');
  });
  const stop = listenTo(events, logger, 'settled', (event) => heard.push(event.server.id));
  events.emit('settled', { server });
  stop();
  events.emit('settled', { server });
  expect(heard).toEqual(['s']);
  expect(warnings).toEqual(['A listener of "settled" threw', 'A listener of "settled" threw']);
});

it('refuses a name that is none', () => {
  const events = new EventEmitter<RunnerEvents>();
  expect(() => listenTo(events, logger, 'crash' as never, () => undefined)).toThrowError(
    /There is no event "crash"; there are spawned, .*crashed/,
  );
});

it('outlives a listener that rejects', async () => {
  const events = new EventEmitter<RunnerEvents>();
  warnings.length = 0;
  listenTo(events, logger, 'settled', async () => Promise.reject(new Error('no')));
  events.emit('settled', { server });
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings).toEqual(['A listener of "settled" threw']);
});

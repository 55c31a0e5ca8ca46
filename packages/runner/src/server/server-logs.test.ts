import type { LogSession } from '@project-runner/core';
import { expect, it } from 'vitest';

import { memorySink } from '../logs/memory-sink.ts';
import { createServerLogs } from './server-logs.ts';
import type { ServerLogs } from './server-logs.ts';

function openLogs(): { logs: ServerLogs; warnings: string[]; print(serverId: string, text: string): void } {
  const warnings: string[] = [];
  const logs = createServerLogs({
    sinks: [memorySink()],
    logger: { debug() {}, info() {}, warn: (message) => void warnings.push(message), error() {} },
    getCallback: () => undefined,
    onLoss: () => undefined,
  });
  const session = (serverId: string): LogSession => ({
    serverId,
    deploymentId: 'd',
    projectId: 'p',
    buildId: 'b',
  });
  /** Each in a pipeline of its own. */
  const print = (serverId: string, text: string): void => {
    const pipeline = logs.open(session(serverId), {});
    void pipeline.receive(1).onOutput('stdout', Buffer.from(`${text}\n`), 0);
    void pipeline.end();
  };
  return { logs, warnings, print };
}

it('streams the log of a server that appears after the subscription, until that is ended', () => {
  const { logs, print } = openLogs();
  const heard: string[] = [];
  const leave = logs.subscribe('s', (entry) => void heard.push(entry.text));
  print('other', 'not this one');
  print('s', 'one');
  print('s', 'in a second pipeline');
  leave();
  leave();
  print('s', 'too late');
  expect(heard).toEqual(['one', 'in a second pipeline']);
});

it('calls a listener as often as it was given, and outlives one that throws', () => {
  const { logs, warnings, print } = openLogs();
  const heard: string[] = [];
  const listener = (entry: { text: string }): void => void heard.push(entry.text);
  logs.subscribe('s', () => {
    throw new Error('listener');
  });
  const leave = logs.subscribe('s', listener);
  logs.subscribe('s', listener);
  print('s', 'one');
  print('s', 'two');
  leave();
  leave();
  print('s', 'three');
  expect(heard).toEqual(['one', 'one', 'two', 'two', 'three']);
  expect(warnings).toEqual(['A log listener of server s threw']);
});

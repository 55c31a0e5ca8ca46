import { setImmediate as turn } from 'node:timers/promises';

import type { LogBatch, LogSinkPlugin } from '@project-runner/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { SessionLog } from './session-log.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

interface Seen {
  texts: string[];
  sequences: number[];
  opened: number;
  closed: number;
  notes: string[];
  /** Set: a write waits for it. */
  blocked: Promise<void> | null;
}

function sessionLog(position?: () => number): { log: SessionLog; seen: Seen } {
  const seen: Seen = { texts: [], sequences: [], opened: 0, closed: 0, notes: [], blocked: null };
  const sink: LogSinkPlugin = {
    kind: 'log-sink',
    name: 'test',
    apiVersion: 1,
    open() {
      seen.opened += 1;
      return {
        ...(position ? { position } : {}),
        async write(batch: LogBatch) {
          await seen.blocked;
          seen.sequences.push(batch.sequence);
          for (const { text } of batch.lines()) seen.texts.push(text);
          expect(Buffer.from(batch.bytes).toString().split('\n').length).toBe(batch.count + 1);
        },
        close: () => void (seen.closed += 1),
      };
    },
  };
  const note = (message: string): void => void seen.notes.push(message);
  const session = { serverId: 's', deploymentId: '', projectId: '', buildId: '' };
  return {
    log: new SessionLog(sink, session, { debug() {}, info() {}, warn: note, error: note }),
    seen,
  };
}

it('writes lines that come together as one batch', async () => {
  const { log, seen } = sessionLog(() => 7);
  for (const line of ['one', 'two']) log.add(line);
  await vi.advanceTimersByTimeAsync(200);
  log.add('three');
  await log.close();
  expect(seen).toMatchObject({
    texts: ['one', 'two', 'three'],
    sequences: [8, 10],
    opened: 1,
    closed: 1,
    notes: [],
  });
});

it('gives an idle writer back, and opens another when lines come', async () => {
  const { log, seen } = sessionLog();
  log.add('one');
  await vi.advanceTimersByTimeAsync(200 + 30_000);
  expect(seen).toMatchObject({ opened: 1, closed: 1 });
  log.add('two');
  await vi.advanceTimersByTimeAsync(200);
  expect(seen).toMatchObject({ opened: 2, texts: ['one', 'two'], sequences: [1, 2] });
  await log.close();
  expect(vi.getTimerCount()).toBe(0);
});

it('keeps a bounded number of lines for a sink that is slow, and says what is lost', async () => {
  const { log, seen } = sessionLog();
  const gate = Promise.withResolvers<void>();
  seen.blocked = gate.promise;
  log.add('first');
  await vi.advanceTimersByTimeAsync(200);
  for (let line = 0; line < 10_005; line += 1) log.add('more');
  gate.resolve();
  await turn();
  await log.close();
  expect(seen.texts.length).toBe(10_001);
  expect(seen.notes).toEqual(['The access log s lost 5 lines']);
});

it('does not wait for ever for a sink that hangs', async () => {
  const { log, seen } = sessionLog();
  seen.blocked = new Promise(() => undefined);
  log.add('one');
  const closed = log.close();
  await vi.advanceTimersByTimeAsync(5000);
  await closed;
  expect(seen.notes).toEqual(['The access log of s did not close in 5000 ms']);
});

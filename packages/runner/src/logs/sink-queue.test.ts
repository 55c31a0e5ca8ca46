import type { LogBatch, LogWriter } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { createLogBatch } from './log-batch.ts';
import { createSinkQueue } from './sink-queue.ts';
import type { SinkQueue } from './sink-queue.ts';

interface Opened {
  queue: SinkQueue;
  /** Lines of each call. */
  losses: number[];
  warnings: string[];
  push(first: number, count: number): void;
}

function openQueue(writer: LogWriter): Opened {
  const losses: number[] = [];
  const warnings: string[] = [];
  const queue = createSinkQueue({
    sink: { kind: 'log-sink', name: 'own', apiVersion: 1, open: () => writer },
    session: { serverId: 's', deploymentId: 'd', projectId: 'p', buildId: 'b' },
    logger: { debug() {}, info() {}, warn: (message) => void warnings.push(message), error() {} },
    maxBytes: 100_000,
    after: 0,
    onLoss: (lines) => losses.push(lines),
  });
  return {
    queue,
    losses,
    warnings,
    push(sequence, count) {
      const bytes = Buffer.from('line\n'.repeat(count));
      queue.push(createLogBatch({ stream: 'stdout', time: new Date(), bytes, count, sequence }));
    },
  };
}

/** Takes each batch when it is told to. */
function steppingWriter(): { writer: LogWriter; steps: PromiseWithResolvers<void>[]; taken: string[] } {
  const steps: PromiseWithResolvers<void>[] = [];
  const taken: string[] = [];
  const writer: LogWriter = {
    async write(batch: LogBatch) {
      const texts = Array.from(batch.lines(), ({ text }) => text);
      const step = Promise.withResolvers<void>();
      steps.push(step);
      await step.promise;
      taken.push(`${batch.sequence}+${batch.count} ${texts[0]}`);
    },
    close: () => undefined,
  };
  return { writer, steps, taken };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('what a sink queue tells', () => {
  it('has the reason and its causes in the text, and counts one line as one', async () => {
    const { writer, steps, taken } = steppingWriter();
    const { warnings, queue, push } = openQueue(writer);
    push(1, 1);
    const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    steps[0]?.reject(new TypeError('fetch failed', { cause: refused }));
    await until(() => queue.lost() === 1);
    expect(warnings).toEqual([
      '[log-sink:own] loses lines of server s: write failed: fetch failed: ECONNREFUSED',
    ]);
    push(2, 1);
    await until(() => steps.length === 2);
    steps[1]?.resolve();
    await until(() => steps.length === 3);
    steps[2]?.resolve();
    await queue.end(1000, false);
    expect(taken).toEqual(['1+1 [project-runner] 1 line lost', '2+1 line']);
    expect(warnings[1]).toBe('[log-sink:own] works again, and lost 1 line of server s');
  });
});

describe('the end of a sink queue', () => {
  it('counts what is under way and what is queued as lost when the sink does not close in time', async () => {
    const { queue, losses, warnings, push } = openQueue(steppingWriter().writer);
    push(1, 3);
    push(4, 5);
    push(9, 1);
    await queue.end(10, false);
    expect(queue.lost()).toBe(9);
    expect(losses).toEqual([9]);
    expect(warnings).toEqual(['[log-sink:own] did not close in time for server s, and lost 9 lines']);
  });

  it('counts no line twice that fails after the deadline, and none that was lost before it', async () => {
    const { writer, steps } = steppingWriter();
    const { queue, losses, push } = openQueue(writer);
    push(1, 1);
    steps[0]?.reject(new Error('full'));
    await until(() => queue.lost() === 1);
    push(2, 2);
    push(4, 4);
    await queue.end(10, false);
    steps[1]?.reject(new Error('full'));
    await until(() => queue.kept() === 3);
    expect(queue.lost()).toBe(7);
    expect(losses).toEqual([1, 6]);
  });

  it('says what was queued in the log when the sink moves again after the deadline', async () => {
    const { writer, steps, taken } = steppingWriter();
    const { queue, push } = openQueue(writer);
    push(1, 2);
    push(3, 4);
    await queue.end(10, false);
    steps[0]?.resolve();
    await until(() => steps.length === 2);
    steps[1]?.resolve();
    await until(() => taken.length === 2);
    expect(taken).toEqual(['1+2 line', '6+1 [project-runner] 4 lines lost']);
  });

  it('counts what a sink took and does not keep when it cannot be closed, beside what it had lost before', async () => {
    let isFull = false;
    const { queue, losses, warnings, push } = openQueue({
      write() {
        if (isFull) throw new Error('full');
      },
      close: () => Promise.reject(new Error('full')),
      // It holds what comes after.
      position: () => 2,
    });
    push(1, 5);
    isFull = true;
    push(6, 10);
    isFull = false;
    push(16, 1);
    await queue.end(1000, false);
    expect(losses).toEqual([10, 4]);
    expect(queue.lost()).toBe(14);
    expect(warnings.at(-1)).toBe('[log-sink:own] could not be closed for server s, and lost 4 lines: full');
  });

  it('believes a sink that closes', async () => {
    const { queue, losses, push } = openQueue({
      write: () => undefined,
      close: () => undefined,
      position: () => 0,
    });
    push(1, 5);
    await queue.end(1000, false);
    expect([queue.lost(), ...losses]).toEqual([0]);
  });

  it('leaves to the next runner what is not delivered', async () => {
    const { writer, steps } = steppingWriter();
    const { queue, losses, warnings, push } = openQueue(writer);
    push(1, 3);
    push(4, 5);
    await queue.end(10, true);
    expect(queue.kept()).toBe(0);
    steps[0]?.reject(new Error('full'));
    await until(() => queue.kept() === 3);
    expect([queue.lost(), ...losses]).toEqual([0]);
    expect(warnings[0]).toBe('[log-sink:own] did not close in time for server s');
  });

  it('outlives a sink that cannot tell what it keeps, and says so once', async () => {
    const { queue, warnings, push } = openQueue({
      write: () => undefined,
      close: () => undefined,
      position() {
        if (told) throw new Error('no');
        told = true;
        return 0;
      },
    });
    let told = false;
    push(1, 5);
    expect([queue.kept(), queue.kept()]).toEqual([0, 0]);
    await queue.end(1000, false);
    expect(warnings).toEqual(['[log-sink:own] does not tell what it keeps of server s: position failed: no']);
  });
});

import type { LogBatch, LogSession, LogSinkPlugin } from '@project-runner/core';
import { expect, it } from 'vitest';

import { chunkMemory, leaseOf } from './chunk-memory.ts';
import { createLogPipeline } from './log-pipeline.ts';

const session: LogSession = { serverId: 's', deploymentId: 'd', projectId: 'p', buildId: 'b' };
const logger = { debug() {}, info() {}, warn() {}, error() {} };

it('is used again when the last one who has it lets go, and not before', () => {
  const first = chunkMemory(200_000);
  const lease = leaseOf(first);
  lease?.hold();
  lease?.release();
  expect(chunkMemory(200_000).buffer).not.toBe(first.buffer);
  lease?.release();
  expect(leaseOf(first)).toBeUndefined();
  const again = chunkMemory(150_000);
  expect(again.buffer).toBe(first.buffer);
  expect(again).toHaveLength(150_000);
});

it('has its own size for a small chunk, and ends at that of a chunk', () => {
  expect(leaseOf(chunkMemory(1000))).toBeUndefined();
  expect(chunkMemory(1000)).toHaveLength(1000);
  expect(chunkMemory(1_000_000)).toHaveLength(512 * 1024);
});

it('stays as it was until the slowest sink has written what is in it', async () => {
  const waiting: (() => void)[] = [];
  const taken: string[] = [];
  const slow: LogSinkPlugin = {
    kind: 'log-sink',
    name: 'slow',
    apiVersion: 1,
    open: () => ({
      async write(batch: LogBatch) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        taken.push(...Array.from(batch.lines(), ({ text }) => text));
      },
      close: () => undefined,
    }),
  };
  const pipeline = createLogPipeline({ session, sinks: [slow], logger });
  const run = pipeline.receive(1);
  const wanted: string[] = [];
  const ending = 'x'.repeat(70_000);
  let text = '';
  for (let chunk = 0; chunk < 12; chunk += 1) {
    const lines = Array.from({ length: 1000 }, (_, index) => `${chunk}:${index} ${'y'.repeat(90)}`);
    if (chunk % 3 === 2) lines.push(ending);
    text += `${lines.join('\n')}\n`;
    wanted.push(...lines);
  }
  const output = Buffer.from(text);
  // Cut anywhere, as a reader does, whatever a line is.
  for (let at = 0; at < output.length;) {
    const memory = run.memory?.(150_001) ?? Buffer.alloc(0);
    const length = output.copy(memory, 0, at);
    at += length;
    void run.onOutput('stdout', memory.subarray(0, length), at);
    if (waiting.length > 1) waiting.shift()?.();
  }
  run.end();
  const ended = pipeline.end();
  // Each of the four long lines comes in two parts.
  while (taken.length < wanted.length + 4) {
    waiting.shift()?.();
    await Promise.resolve();
  }
  await ended;
  const found = taken.join('\n').replaceAll(`${'x'.repeat(65_536)}\nx`, 'x'.repeat(65_537));
  expect(found.split('\n').every((line, index) => line === wanted[index])).toBe(true);
  expect(taken).toHaveLength(wanted.length + 4);
});

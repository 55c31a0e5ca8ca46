import type { LogBatch, LogSinkPlugin } from '@project-runner/core';
import { expect, it } from 'vitest';

import { createLogBatch, linesAfter } from './log-batch.ts';
import { createLogPipeline } from './log-pipeline.ts';
import { memorySink } from './memory-sink.ts';

it('is what every sink gets, so none changes what the others see', async () => {
  const session = { serverId: 's', deploymentId: 'd', projectId: 'p', buildId: 'b' };
  const changing: LogSinkPlugin = {
    kind: 'log-sink',
    name: 'changing',
    apiVersion: 1,
    open: () => ({
      write(batch) {
        (batch as { sequence: number }).sequence = 999;
        (batch as { stream: string }).stream = 'stderr';
      },
      close() {},
    }),
  };
  const warnings: unknown[] = [];
  const logger = {
    debug() {},
    info() {},
    error() {},
    warn: (...data: unknown[]) => void warnings.push(data),
  };
  const pipeline = createLogPipeline({ session, sinks: [changing, memorySink()], logger });
  pipeline.receive(1).onOutput('stdout', Buffer.from('one\n'), 0);
  await pipeline.end();
  expect(await pipeline.read({})).toMatchObject([{ sequence: 1, stream: 'stdout', text: 'one' }]);
  expect(pipeline.losses()).toEqual({ 'log-sink:changing': 1, 'log-sink:memory': 0 });
  expect(JSON.stringify(warnings)).toContain('[log-sink:changing]');
});

it('stays frozen where a part of it is made', () => {
  const fields = { stream: 'stdout', time: new Date(), bytes: Buffer.from('a\nb\n'), count: 2 } as const;
  const whole: LogBatch = createLogBatch({ ...fields, sequence: 1 });
  expect(Object.isFrozen(whole)).toBe(true);
  expect(Object.isFrozen(linesAfter(whole, 1))).toBe(true);
});

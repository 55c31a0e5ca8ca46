import { setTimeout as delay } from 'node:timers/promises';

import type {
  LogBatch,
  LogEntry,
  Logger,
  LogSession,
  LogSinkPlugin,
  LogStreamName,
} from '@project-runner/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLogPipeline } from './log-pipeline.ts';
import type { LogPipeline, LogPipelineOptions } from './log-pipeline.ts';
import { memorySink } from './memory-sink.ts';
import { readLastSequence } from './read-sinks.ts';

const session: LogSession = { serverId: 's', deploymentId: 'd', projectId: 'p', buildId: 'b' };

function recordingLogger(): Logger & { warnings: string[] } {
  const warnings: string[] = [];
  return { warnings, debug() {}, info() {}, warn: (message) => void warnings.push(message), error() {} };
}

/** A sink whose writes wait for `open()`, fail while `broken`, and show what they took as `number:text`. */
function gatedSink(name = 'gated'): LogSinkPlugin & { taken: string[]; broken: boolean; release(): void } {
  const gate = Promise.withResolvers<void>();
  const taken: string[] = [];
  const sink = {
    kind: 'log-sink' as const,
    name,
    apiVersion: 1 as const,
    taken,
    broken: false,
    release: gate.resolve,
    open: () => ({
      async write(batch: LogBatch) {
        await gate.promise;
        if (sink.broken) throw new Error('broken');
        let number = batch.sequence;
        for (const { text } of batch.lines()) taken.push(`${number++}:${text}`);
      },
      close: () => gate.promise,
    }),
  };
  return sink;
}

/** A pipeline with one run that is fed by `push` and ends with it. */
function openPipeline(options: LogPipelineOptions): LogPipeline & {
  push(stream: LogStreamName, chunk: Uint8Array): void;
} {
  const pipeline = createLogPipeline(options);
  const run = pipeline.receive(1);
  const end = (): Promise<void> => {
    run.end();
    return pipeline.end();
  };
  return { ...pipeline, push: (stream, chunk) => void run.onOutput(stream, chunk, 0), end };
}

const line = (text: string): Buffer => Buffer.from(`${text}\n`);
const numbered = (entries: readonly LogEntry[]): string[] => entries.map((e) => `${e.sequence}:${e.text}`);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}

describe('createLogPipeline', () => {
  it('numbers lines from 1 without gaps over both streams, whatever the chunks', async () => {
    const chunk = fc.tuple(
      fc.constantFrom<LogStreamName>('stdout', 'stderr'),
      fc
        .array(fc.constantFrom('a', 'é', '\n', '\r\n'), { maxLength: 8 })
        .map((parts) => Buffer.from(parts.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 20 }), async (chunks) => {
        const heard: LogEntry[] = [];
        const sinks = [memorySink()];
        const pipeline = openPipeline({
          session,
          sinks,
          logger: recordingLogger(),
          listeners: () => [(e) => void heard.push(e)],
        });
        for (const [stream, bytes] of chunks) pipeline.push(stream, bytes);
        await pipeline.end();
        expect(heard.map((entry) => entry.sequence)).toEqual(heard.map((_, index) => index + 1));
        expect(await pipeline.read({})).toEqual(heard);
        for (const stream of ['stdout', 'stderr']) {
          const sent = Buffer.concat(
            chunks.filter(([name]) => name === stream).map(([, bytes]) => bytes),
          ).toString();
          const expected =
            sent === ''
              ? []
              : sent
                  .replace(/\n$/, '')
                  .split('\n')
                  .map((text) => text.replace(/\r$/, ''));
          expect(heard.filter((entry) => entry.stream === stream).map((entry) => entry.text)).toEqual(
            expected,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  it('feeds a synchronous sink before push returns', () => {
    const memory = memorySink();
    const pipeline = openPipeline({ session, sinks: [memory], logger: recordingLogger() });
    pipeline.push('stdout', line('now'));
    expect(memory.read?.(session, {})).toMatchObject([{ sequence: 1, text: 'now' }]);
  });

  it('drops beyond the bound of a sink that hangs, and says so there, in place', async () => {
    const slow = gatedSink();
    const logger = recordingLogger();
    const sinks = [memorySink(), slow];
    const pipeline = openPipeline({ session, sinks, logger, maxQueueBytes: 1500 });
    for (let n = 1; n <= 10; n += 1) pipeline.push('stdout', line(`line ${n}`));
    expect((await pipeline.read({})).length).toBe(10);
    const lost = pipeline.losses()['log-sink:gated'] ?? 0;
    expect(lost).toBeGreaterThan(0);
    slow.release();
    await until(() => slow.taken.length === 10 - lost);
    pipeline.push('stdout', line('after'));
    await pipeline.end();
    const kept = Array.from({ length: 10 - lost }, (_, index) => `${index + 1}:line ${index + 1}`);
    expect(slow.taken).toEqual([...kept, `10:[project-runner] ${lost} lines lost`, '11:after']);
    expect(pipeline.losses()).toEqual({ 'log-sink:memory': 0, 'log-sink:gated': lost });
    expect(logger.warnings).toHaveLength(2);
    expect(logger.warnings[0]).toContain('[log-sink:gated] loses lines of server s');
  });

  it('counts what a failing sink loses and tells it when it works again, at the end at the latest', async () => {
    const sink = gatedSink();
    sink.release();
    sink.broken = true;
    const pipeline = openPipeline({ session, sinks: [sink], logger: recordingLogger() });
    pipeline.push('stdout', line('one\ntwo'));
    await until(() => pipeline.losses()['log-sink:gated'] === 2);
    sink.broken = false;
    await pipeline.end();
    expect(sink.taken).toEqual(['2:[project-runner] 2 lines lost']);
  });

  it('outlives sinks that throw at once', async () => {
    const bad: LogSinkPlugin = {
      kind: 'log-sink',
      name: 'bad',
      apiVersion: 1,
      open() {
        throw new Error('no');
      },
      read() {
        throw new Error('neither');
      },
    };
    const logger = recordingLogger();
    const pipeline = openPipeline({ session, sinks: [bad, memorySink()], logger });
    pipeline.push('stderr', line('one'));
    pipeline.push('stderr', line('two'));
    await pipeline.end();
    pipeline.push('stderr', line('too late'));
    expect(await pipeline.tail(5)).toEqual(['one', 'two']);
    expect(pipeline.losses()['log-sink:bad']).toBe(2);
  });

  it('does not wait for a sink that hangs for ever at the end', async () => {
    const logger = recordingLogger();
    const pipeline = openPipeline({ session, sinks: [gatedSink()], logger });
    pipeline.push('stdout', line('one'));
    pipeline.push('stdout', line('two'));
    const start = Date.now();
    await pipeline.end();
    expect(Date.now() - start).toBeLessThan(8000);
    expect(pipeline.losses()['log-sink:gated']).toBe(2);
    expect(logger.warnings).toEqual([
      '[log-sink:gated] did not close in time for server s, and lost 2 lines',
    ]);
  });

  it('goes on with the numbers of an earlier runner, and reads over both', async () => {
    const logger = recordingLogger();
    const lasting = memorySink();
    const first = openPipeline({ session, sinks: [lasting], logger });
    first.push('stdout', line('one\ntwo\nthree'));
    await first.end();
    const sinks = [memorySink(), { ...lasting, name: 'lasting' }];
    const committed = await readLastSequence({ sinks, session, logger });
    const second = openPipeline({ session, sinks, logger, resume: { committed, records: [] } });
    second.replay(() => new Uint8Array());
    await Promise.resolve();
    second.push('stdout', line('four'));
    expect(numbered(await second.read({ tail: 3 }))).toEqual(['2:two', '3:three', '4:four']);
    expect(numbered(await second.read({ before: 4, tail: 1 }))).toEqual(['3:three']);
    expect(await second.read({ before: 99, tail: 1 })).toEqual([]);
    expect(numbered(await second.read({ since: new Date(0) }))).toEqual([
      '1:one',
      '2:two',
      '3:three',
      '4:four',
    ]);
  });
});

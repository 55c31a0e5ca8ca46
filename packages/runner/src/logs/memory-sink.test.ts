import type { LogEntry, LogQuery, LogSession } from '@project-runner/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLogBatch } from './log-batch.ts';
import { memorySink } from './memory-sink.ts';
import { selectEntries } from './select-entries.ts';

const server = (serverId: string): LogSession => ({
  serverId,
  deploymentId: 'd',
  projectId: 'p',
  buildId: 'b',
});
const batch = (lines: readonly string[], sequence: number, stream: 'stdout' | 'stderr' = 'stdout') =>
  createLogBatch({
    stream,
    time: new Date(sequence * 1000),
    bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')),
    count: lines.length,
    sequence,
  });

describe('memorySink', () => {
  it('answers every query as a plain filter over the last lines does', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 40 });
    const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.option(value, { nil: undefined });
    const number = fc.integer({ min: 0, max: 60 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 30 }),
        fc.record({
          tail: optional(number),
          before: optional(number),
          since: optional(number),
          until: optional(number),
          stream: optional(fc.constantFrom('stdout', 'stderr')),
        }),
        async (counts, lines, { tail, before, since, until, stream }) => {
          const sink = memorySink({ lines });
          const writer = await sink.open(server('s'));
          const all: LogEntry[] = [];
          for (const count of counts) {
            const first = all.length + 1;
            const name = first % 3 === 0 ? 'stderr' : 'stdout';
            const texts = Array.from({ length: count }, (_, index) => `line ${first + index}`);
            await writer.write(batch(texts, first, name));
            for (const [index, text] of texts.entries()) {
              all.push({ sequence: first + index, time: new Date(first * 1000), stream: name, text });
            }
          }
          const query = {
            ...(tail === undefined ? {} : { tail }),
            ...(before === undefined ? {} : { before }),
            ...(since === undefined ? {} : { since: new Date(since * 1000) }),
            ...(until === undefined ? {} : { until: new Date(until * 1000) }),
            ...(stream === undefined ? {} : { stream }),
          } as LogQuery;
          expect(await sink.read?.(server('s'), query)).toEqual(selectEntries(all.slice(-lines), query));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('holds to its bytes, and owns them', async () => {
    const sink = memorySink({ maxBytes: 100 });
    const writer = await sink.open(server('s'));
    for (let n = 1; n <= 10; n += 1) {
      const each = batch(['x'.repeat(39)], n);
      await writer.write(each);
      each.bytes.fill(0);
    }
    const kept = (await sink.read?.(server('s'), {})) ?? [];
    expect(kept.map((entry) => entry.sequence)).toEqual([9, 10]);
    expect(kept[0]?.text).toBe('x'.repeat(39));
  });

  it('keeps the logs of the servers that ended last', async () => {
    const sink = memorySink({ sessions: 1 });
    const writers = await Promise.all(['a', 'b', 'c'].map((id) => sink.open(server(id))));
    for (const writer of writers) await writer.write(batch(['line'], 1));
    await writers[1]?.close();
    await writers[0]?.close();
    const sizes = await Promise.all(
      ['a', 'b', 'c'].map(async (id) => (await sink.read?.(server(id), {}))?.length),
    );
    expect(sizes).toEqual([1, 0, 1]);
  });

  it('holds all ended logs together to their bytes', async () => {
    const sink = memorySink({ maxEndedBytes: 100 });
    for (const id of ['a', 'b', 'c', 'd']) {
      const writer = await sink.open(server(id));
      await writer.write(batch(['x'.repeat(39)], 1));
      await writer.close();
    }
    const sizes = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (id) => (await sink.read?.(server(id), {}))?.length),
    );
    expect(sizes).toEqual([0, 0, 1, 1]);
  });
});

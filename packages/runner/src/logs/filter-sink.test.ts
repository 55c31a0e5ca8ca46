import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { LogBatch, LogSession, LogSinkPlugin, LogStreamName, LogWriter } from '@project-runner/core';
import { healthHttp } from '@project-runner/health-http';
import { logsFile } from '@project-runner/logs-file';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { filterSink } from './filter-sink.ts';
import type { SinkFilter } from './filter-sink.ts';
import { createLogBatch } from './log-batch.ts';
import { lossNotice } from './loss-notice.ts';

const session: LogSession = { serverId: 's', deploymentId: 'd', projectId: 'shop', buildId: 'b' };

function batch(sequence: number, texts: readonly string[], fields: Partial<LogBatch> = {}): LogBatch {
  const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
  return createLogBatch({
    stream: 'stdout',
    time: new Date(),
    bytes,
    count: texts.length,
    sequence,
    ...fields,
  });
}

/** What a sink was given, as `number text`; it keeps what it is told to. */
function noted(position?: () => number): { sink: LogSinkPlugin; lines: string[]; opened: string[] } {
  const lines: string[] = [];
  const opened: string[] = [];
  const writer: LogWriter = {
    write(given) {
      let number = given.sequence;
      const texts = Array.from(
        given.lines(),
        ({ text, partial }) => `${number++} ${text}${partial ? '+' : ''}`,
      );
      expect(texts).toHaveLength(given.count);
      lines.push(...texts);
    },
    close: () => undefined,
    ...(position ? { position } : {}),
  };
  const open = ({ projectId }: LogSession): LogWriter => {
    opened.push(projectId);
    return writer;
  };
  return { lines, opened, sink: { kind: 'log-sink', name: 'noted', apiVersion: 1, open, read: () => [] } };
}

async function open(sink: LogSinkPlugin, of: LogSession = session): Promise<LogWriter> {
  return sink.open(of);
}

describe('filterSink', () => {
  const root = mkdtempSync(join(tmpdir(), 'filter-sink-'));
  afterAll(() => rmSync(root, { recursive: true }));
  it('keeps kind, name and options of the sink', () => {
    const { sink } = noted();
    const filtered = filterSink({ ...sink, maxQueueBytes: 5 }, { stream: 'stderr' });
    expect(filtered).toMatchObject({ kind: 'log-sink', name: 'noted', apiVersion: 1, maxQueueBytes: 5 });
  });

  it('gives it the lines of one stream', async () => {
    const { sink, lines } = noted();
    const writer = await open(filterSink(sink, { stream: 'stderr' }));
    await writer.write(batch(1, ['out']));
    await writer.write(batch(2, ['err', 'or'], { stream: 'stderr' }));
    expect(lines).toEqual(['2 err', '3 or']);
  });

  it('gives it the lines that match, under their numbers', async () => {
    const { sink, lines } = noted();
    const writer = await open(filterSink(sink, { pattern: /error/gi }));
    await writer.write(batch(1, ['Error 1', 'fine', 'error 2', 'ERROR 3', 'fine', 'größer: error']));
    await writer.write(batch(7, ['fine']));
    expect(lines).toEqual(['1 Error 1', '3 error 2', '4 ERROR 3', '6 größer: error']);
  });

  it('never opens it for servers of other projects', async () => {
    const { sink, lines, opened } = noted();
    const filtered = filterSink(sink, { projects: ['shop'] });
    const other = await open(filtered, { ...session, projectId: 'other' });
    await other.write(batch(1, ['theirs']));
    await other.close();
    await (await open(filtered)).write(batch(1, ['ours']));
    expect([opened, lines]).toEqual([['shop'], ['1 ours']]);
  });

  it('lets the first part of a long line decide for the others, of its own stream', async () => {
    const { sink, lines } = noted();
    const writer = await open(filterSink(sink, { pattern: /^yes/ }));
    await writer.write(batch(1, ['no', 'yes, it'], { partial: true }));
    await writer.write(batch(3, ['no, it'], { stream: 'stderr', partial: true }));
    await writer.write(batch(4, [' goes on'], { partial: true }));
    await writer.write(batch(5, ['yes, too'], { stream: 'stderr' }));
    await writer.write(batch(6, [' and ends', 'no']));
    expect(lines).toEqual(['2 yes, it+', '4  goes on+', '6  and ends']);
  });

  it('lets through what the runner says of lines that are missing, and no line that looks the same', async () => {
    const { sink, lines } = noted();
    const writer = await open(filterSink(sink, { stream: 'stdout', pattern: /error/ }));
    await writer.write(batch(1, ['[project-runner] 7 lines lost'], { stream: 'stderr' }));
    await writer.write(lossNotice({ count: 3, last: 4 }, new Date()));
    expect(lines).toEqual(['4 [project-runner] 3 lines lost']);
  });

  it('is not asked for logs where it has holes, unless that is wanted', () => {
    const { sink } = noted();
    expect(filterSink(sink, { pattern: /x/ }).read).toBeUndefined();
    expect(filterSink(sink, { stream: 'stderr' }).read).toBeUndefined();
    expect(filterSink(sink, { pattern: /x/, read: true }).read).toBe(sink.read);
    expect(filterSink(sink, { projects: ['shop'] }).read).toBe(sink.read);
  });

  it('does not ask for lines again that it does not want, and does for those the sink has not kept', async () => {
    let kept = 0;
    const { sink } = noted(() => kept);
    const writer = await open(filterSink(sink, { pattern: /yes/ }));
    await writer.write(batch(101, ['no', 'no']));
    expect(writer.position?.()).toBe(102);
    await writer.write(batch(103, ['no', 'yes', 'no']));
    expect(writer.position?.()).toBe(103);
    await writer.write(batch(106, ['yes', 'no']));
    expect(writer.position?.()).toBe(103);
    kept = 104;
    expect(writer.position?.()).toBe(105);
    kept = 106;
    expect(writer.position?.()).toBe(107);
  });

  it('never names a line that the sink still has to keep, nor goes back, however late it keeps them', async () => {
    const flags = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 });
    const step = fc.record({ flags, kept: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        let kept = 0;
        const { sink, lines } = noted(() => numbers()[kept - 1] ?? 0);
        const numbers = (): number[] => lines.map((line) => Number.parseInt(line, 10));
        const writer = await open(filterSink(sink, { pattern: /yes/ }));
        let [next, before] = [1, 0];
        for (const each of steps) {
          await writer.write(
            batch(
              next,
              each.flags.map((is) => (is ? 'yes' : 'no')),
            ),
          );
          next += each.flags.length;
          kept = Math.min(lines.length, kept + each.kept);
          const position = writer.position?.() ?? 0;
          expect(position).toBeLessThan(numbers()[kept] ?? next);
          expect(position).toBeGreaterThanOrEqual(before);
          before = position;
        }
        kept = lines.length;
        expect(writer.position?.()).toBe(next - 1);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves nothing behind in a file but the lines that match', async () => {
    const dir = join(root, 'errors');
    const sink = filterSink(logsFile({ dir, name: 'errors' }), { pattern: (line) => line.includes('error') });
    const writer = await open(sink);
    await writer.write(batch(1, ['fine', 'an error', 'fine']));
    await writer.write(batch(4, ['fine', 'error again']));
    await writer.close();
    const read = await logsFile({ dir }).read?.(session, {});
    expect(read?.map(({ sequence, text }) => `${sequence} ${text}`)).toEqual(['2 an error', '5 error again']);
    expect(() => readFileSync(join(dir, 'other'))).toThrow(/ENOENT/);
  });

  it.each([
    [{ stream: 'stdin' }, /filterSink\.stream: expected "stdout" or "stderr", found "stdin"/],
    [{ streams: ['stdout'] }, /unknown key for filterSink\.streams/],
    [{ projects: 'shop' }, /filterSink\.projects: expected a list of ids/],
    [
      { pattern: 'error' },
      /filterSink\.pattern: expected a regular expression, or a function of a line, found "error"/,
    ],
    [{ read: 1 }, /filterSink\.read: expected true or false/],
    [null, /filterSink: expected an object/],
  ])('refuses %j', (filter, message) => {
    expect(() => filterSink(noted().sink, filter as SinkFilter)).toThrowError(message);
    expect(() => filterSink(noted().sink, filter as SinkFilter)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error,
    );
  });

  it('tells what a pattern throws to whoever writes', async () => {
    const writer = await open(
      filterSink(noted().sink, {
        pattern: () => {
          throw new Error('no such thing');
        },
      }),
    );
    const write = async (stream: LogStreamName): Promise<void> => writer.write(batch(1, ['x'], { stream }));
    await expect(write('stdout')).rejects.toThrow('no such thing');
  });

  it.each<[what: string, pattern: () => unknown, message: RegExp]>([
    ['an async function', async () => false, /must answer true or false at once; found a promise/],
    ['one that rejects', () => Promise.reject(new Error('late')), /found a promise: it must not be async/],
    ['no answer', () => undefined, /must answer true or false at once; found undefined/],
  ])('lets no line through for %s as a pattern', async (_, pattern, message) => {
    const { sink, lines } = noted();
    const writer = await open(filterSink(sink, { pattern: pattern as () => boolean }));
    await expect((async () => writer.write(batch(1, ['x'])))()).rejects.toThrow(message);
    expect(lines).toEqual([]);
  });

  it('refuses what is no log sink', () => {
    const filter = (plugin: unknown): LogSinkPlugin => filterSink(plugin as LogSinkPlugin, {});
    expect(() => filter(healthHttp())).toThrowError(
      /wrong value for filterSink: expected a log sink, found "health-probe:http"/,
    );
    expect(() => filter({ ...noted().sink, open: undefined })).toThrowError(
      /\[log-sink:noted\] is missing open/,
    );
  });

  it('opens the sink for nobody where the list of projects is empty', async () => {
    const { sink, opened } = noted();
    await open(filterSink(sink, { projects: [] }));
    expect(opened).toEqual([]);
  });
});

import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import type { LogEntry, LogSession, LogStreamName } from '@project-runner/core';
import { logsFile } from '@project-runner/logs-file';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLineSplitter } from '../../packages/runner/src/logs/line-splitter.ts';
import { createLogBatch } from '../../packages/runner/src/logs/log-batch.ts';
import { createLogPipeline } from '../../packages/runner/src/logs/log-pipeline.ts';
import { output, streams, written } from '../support/any-output.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { isLong } from './long.ts';

const session: LogSession = { serverId: 's', deploymentId: 'd', projectId: 'p', buildId: 'b' };
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const seed = Number(process.env.PROJECT_RUNNER_SEED ?? Math.trunc(Math.random() * 2 ** 31));
/** fast-check prints the seed and the smallest case; `PROJECT_RUNNER_SEED` runs it again. */
const runs = (short: number): { seed: number; numRuns: number } => ({
  seed,
  numRuns: isLong ? short * 20 : short,
});

/** What a naive split of a whole stream gives, byte for byte. */
function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString('latin1').split('\n');
  const last = lines.pop() ?? '';
  const ended = lines.map((line) => line.replace(/\r$/, ''));
  return last === '' ? ended : [...ended, last];
}

/** Puts the parts of lines together again. */
function joinParts(parts: readonly { text: string; partial: boolean }[]): string[] {
  const lines: string[] = [];
  let open: string | null = null;
  for (const { text, partial } of parts) {
    const line: string = (open ?? '') + text;
    open = partial ? line : null;
    if (!partial) lines.push(line);
  }
  expect(open).toBeNull();
  return lines;
}

/** The lines of the files themselves, byte for byte, as any CRI reader takes them. */
function readCri(dir: string, stream: LogStreamName): string[] {
  if (!existsSync(join(dir, session.serverId))) return [];
  const parts = readdirSync(join(dir, session.serverId))
    .filter((name) => /^\d+\.log/.test(name))
    .toSorted()
    .map((name) => [name, readFileSync(join(dir, session.serverId, name))] as const)
    .flatMap(([name, bytes]) =>
      (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1').split('\n').slice(0, -1),
    )
    .flatMap((line) => {
      const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (stdout|stderr) ([FP])(?::\d+)? (.*)$/s.exec(
        line,
      );
      expect(match, line).not.toBeNull();
      return match?.[1] === stream ? [{ text: match[3] ?? '', partial: match[2] === 'P' }] : [];
    });
  return joinParts(parts);
}

function joined(entries: readonly LogEntry[], stream: LogStreamName): string[] {
  return joinParts(
    entries
      .filter((entry) => entry.stream === stream)
      .map(({ text, partial = false }) => ({ text, partial })),
  );
}

const sent = (all: readonly { stream: LogStreamName; chunk: Buffer }[], stream: LogStreamName): Buffer =>
  Buffer.concat(all.filter((item) => item.stream === stream).map(({ chunk }) => chunk));
const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
const sequences = (entries: readonly LogEntry[]): number[] => entries.map((entry) => entry.sequence);
const oneToN = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Bytes that are text come back as that text, with no character cut. */
function expectText(entries: readonly LogEntry[], stream: LogStreamName, bytes: Buffer): void {
  const expected = linesOf(bytes).map(utf8);
  const isText = Buffer.from(bytes.toString('utf8')).equals(bytes);
  expect(isText ? joined(entries, stream) : expected).toEqual(expected);
}

describe('the way of a log from output to reader', () => {
  it('gives any bytes in any chunks back as the same lines, whatever the limits of lines and segments', async () => {
    const options = fc.record({
      maxLineBytes: fc.oneof(fc.integer({ min: 4, max: 40 }), fc.constant(65_536)),
      maxBytes: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constant(10_000_000)),
      gzip: fc.boolean(),
      reopen: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(written, options, async (all, { maxLineBytes, maxBytes, gzip, reopen }) => {
        const dir = tempFolder();
        const sink = logsFile({ dir, maxBytes, gzip, maxFiles: 10_000 });
        const batches: Parameters<typeof createLogBatch>[0][] = [];
        let sequence = 1;
        const splitters = Object.fromEntries(
          streams.map((stream) => [
            stream,
            createLineSplitter({
              maxLineBytes,
              onLines(bytes, count, partial) {
                if (count === 0) return;
                batches.push({
                  stream,
                  time: new Date(),
                  bytes: Buffer.from(bytes),
                  count,
                  sequence,
                  partial,
                });
                sequence += count;
              },
            }),
          ]),
        );
        for (const { stream, chunk } of all) splitters[stream]?.push(Buffer.from(chunk));
        for (const stream of streams) splitters[stream]?.end();

        let writer = await sink.open(session);
        for (const [index, batch] of batches.entries()) {
          if (reopen && index % 3 === 2) {
            await writer.close();
            writer = await sink.open(session);
          }
          await writer.write(createLogBatch(batch));
        }
        await writer.close();
        const entries = (await sink.read?.(session, {})) ?? [];
        expect(sequences(entries)).toEqual(oneToN(sequence - 1));
        for (const stream of streams) {
          const bytes = sent(all, stream);
          const expected = linesOf(bytes);
          expect(readCri(dir, stream)).toEqual(expected);
          expectText(entries, stream, bytes);
        }
      }),
      runs(150),
    );
  });

  it('is the same through the real pipeline, with lines beyond 64 KiB, for readers of pages, too', async () => {
    const long = fc
      .record({
        length: fc.integer({ min: 60_000, max: 200_000 }),
        unit: fc.constantFrom('x', 'é', '€', '🏃'),
      })
      .map(({ length, unit }) => Buffer.from(unit.repeat(Math.ceil(length / Buffer.byteLength(unit)))));
    const mixed = fc
      .tuple(written, fc.array(fc.tuple(fc.nat(), fc.constantFrom(...streams), long), { maxLength: 2 }))
      .map(([all, longs]) => {
        const result = [...all];
        for (const [place, stream, chunk] of longs)
          result.splice(place % (result.length + 1), 0, { stream, chunk });
        return result;
      });
    await fc.assert(
      fc.asyncProperty(mixed, async (all) => {
        const dir = tempFolder();
        const sink = logsFile({ dir, maxBytes: 100_000, maxFiles: 10_000 });
        const pipeline = createLogPipeline({ session, sinks: [sink], logger });
        const run = pipeline.receive(1);
        const ends = { stdout: 0, stderr: 0 };
        for (const { stream, chunk } of all) {
          ends[stream] += chunk.length;
          await run.onOutput(stream, Buffer.from(chunk), ends[stream]);
        }
        run.end();
        await pipeline.end();
        const entries = await pipeline.read({});
        expect(sequences(entries)).toEqual(oneToN(entries.length));
        for (const stream of streams) {
          const bytes = sent(all, stream);
          expect(readCri(dir, stream)).toEqual(linesOf(bytes));
          expectText(entries, stream, bytes);
        }
        const pages: LogEntry[] = [];
        for (let before: number | undefined; ; before = pages[0]?.sequence) {
          const page = await pipeline.read({ tail: 7, ...(before === undefined ? {} : { before }) });
          if (page.length === 0) break;
          pages.unshift(...page);
        }
        expect(pages).toEqual(entries);
      }),
      runs(60),
    );
  });

  it('goes on after garbage that a crash left at the end of a segment', async () => {
    await fc.assert(
      fc.asyncProperty(written, output, async (all, garbage) => {
        const dir = tempFolder();
        const sink = logsFile({ dir });
        const text = Buffer.concat(all.map(({ chunk }) => chunk)).toString('latin1');
        const lines = ['first', ...linesOf(Buffer.from(text, 'latin1'))];
        const batch = (sequence: number, line: string) =>
          createLogBatch({
            stream: 'stdout',
            time: new Date(),
            bytes: Buffer.from(`${line}\n`, 'latin1'),
            count: 1,
            sequence,
          });
        const writer = await sink.open(session);
        for (const [index, line] of lines.entries()) await writer.write(batch(index + 1, line));
        await writer.close();
        // A line that was cut short has no line ending.
        const torn = garbage.toString('latin1').replaceAll('\n', '');
        appendFileSync(join(dir, session.serverId, 'current.log'), Buffer.from(torn, 'latin1'));
        const again = await sink.open(session);
        expect(again.position?.()).toBe(lines.length);
        await again.write(batch(lines.length + 1, 'last'));
        await again.close();
        const entries = (await sink.read?.(session, {})) ?? [];
        expect(sequences(entries)).toEqual(oneToN(lines.length + 1));
        expect(entries.map((entry) => entry.text)).toEqual([...lines.map(utf8), 'last']);
      }),
      runs(60),
    );
  });
});

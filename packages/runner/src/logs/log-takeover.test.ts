import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { LogBatch, LogSession, LogSinkPlugin, LogStreamName } from '@project-runner/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLogJournal, resumeLogJournal } from './log-journal.ts';
import { createLogPipeline } from './log-pipeline.ts';
import { createSecretMask } from './secret-mask.ts';

const session: LogSession = { serverId: 's', deploymentId: 'd', projectId: 'p', buildId: 'b' };
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const streams = ['stdout', 'stderr'] as const;

/** A sink whose lines outlive a pipeline. It knows its position, and dies with the runner after `writes` writes. */
function lastingSink(writes: number): LogSinkPlugin & { lines: string[] } {
  const lines: string[] = [];
  let left = writes;
  return {
    kind: 'log-sink',
    name: 'lasting',
    apiVersion: 1,
    lines,
    open: () => ({
      write(batch: LogBatch) {
        left -= 1;
        // From then on nothing arrives any more, as if the runner were dead.
        if (left < 0) return new Promise<void>(() => undefined);
        let number = batch.sequence;
        for (const { text, partial } of batch.lines())
          lines.push(`${number++} ${batch.stream} ${text}${partial ? '+' : ''}`);
        return undefined;
      },
      close: () => undefined,
      position: () => lines.length,
    }),
  };
}

describe('a log that a runner takes over from one that was killed', () => {
  it('reaches a sink exactly once, in whole lines, with the numbers of before', async () => {
    const piece = fc.constantFrom('a', 'bc', 'é', '\n', '\n', '\r\n', 'secret-1', 'x'.repeat(9));
    const chunk = fc.tuple(
      fc.constantFrom<LogStreamName>(...streams),
      fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => Buffer.from(pieces.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(chunk, { maxLength: 8 }), { minLength: 2, maxLength: 5 }),
        fc.integer({ min: 0, max: 12 }),
        async (lives, writes) => {
          const dir = mkdtempSync(join(tmpdir(), 'takeover-'));
          try {
            const file = (stream: LogStreamName): string => join(dir, stream);
            for (const stream of streams) writeFileSync(file(stream), '');
            const sent = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
            const lines: string[] = [];
            for (const [life, chunks] of lives.entries()) {
              const isLast = life === lives.length - 1;
              const sink = lastingSink(isLast ? Number.POSITIVE_INFINITY : writes);
              sink.lines.push(...lines);
              const journalFile = join(dir, 'journal');
              const opened = life === 0 ? null : resumeLogJournal(journalFile);
              const mask = createSecretMask(['secret-1']);
              const pipeline = createLogPipeline({
                session,
                sinks: [sink],
                logger,
                journal: opened?.journal ?? createLogJournal(journalFile),
                ...(opened ? { resume: opened.state } : {}),
                mask,
              });
              const run = pipeline.receive(1);
              pipeline.replay((_, stream, start, end) => sent[stream].subarray(start, end));
              await Promise.resolve();
              // What was printed while nobody was there, and what a dead runner had read but not cut.
              for (const stream of streams) {
                const unread = sent[stream].subarray(run.from[stream]);
                if (unread.length > 0) void run.onOutput(stream, Buffer.from(unread), sent[stream].length);
              }
              for (const [stream, bytes] of chunks) {
                sent[stream] = Buffer.concat([sent[stream], bytes]);
                appendFileSync(file(stream), bytes);
                void run.onOutput(stream, Buffer.from(bytes), sent[stream].length);
              }
              if (isLast) {
                run.end();
                await pipeline.end();
              }
              lines.splice(0, lines.length, ...sink.lines);
            }
            expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(
              lines.map((_, index) => index + 1),
            );
            for (const stream of streams) {
              const got = lines.filter((line) => line.split(' ')[1] === stream);
              const texts = got.map((line) => line.split(' ').slice(2).join(' '));
              const wanted = sent[stream]
                .toString()
                .replaceAll('secret-1', '********')
                .split('\n')
                .map((text) => text.replace(/\r$/, ''));
              if (wanted.at(-1) === '') wanted.pop();
              expect(texts).toEqual(wanted);
            }
          } finally {
            rmSync(dir, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('says how many lines are gone when the output cannot be read again', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'takeover-'));
    const journalFile = join(dir, 'journal');
    const dead = createLogPipeline({
      session,
      sinks: [lastingSink(1)],
      logger,
      journal: createLogJournal(journalFile),
    });
    const run = dead.receive(1);
    for (const text of ['1\n', '2\n3\n', '4\n']) void run.onOutput('stdout', Buffer.from(text), 0);
    const sink = lastingSink(Number.POSITIVE_INFINITY);
    sink.lines.push('1 stdout 1');
    const { journal, state } = resumeLogJournal(journalFile);
    const heir = createLogPipeline({ session, sinks: [sink], logger, journal, resume: state });
    heir.replay((_, __, start) => (start === 2 ? Buffer.alloc(0) : Buffer.from('4\n')));
    await heir.end();
    rmSync(dir, { recursive: true });
    expect(sink.lines).toEqual(['1 stdout 1', '3 stderr [project-runner] 2 lines lost', '4 stdout 4']);
    expect(heir.losses()).toEqual({ 'log-sink:lasting': 2 });
  });

  it('counts what is gone although nothing comes after it, and only what the sink does not have', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'takeover-'));
    const journalFile = join(dir, 'journal');
    const dead = createLogPipeline({
      session,
      sinks: [lastingSink(0)],
      logger,
      journal: createLogJournal(journalFile),
    });
    void dead.receive(1).onOutput('stdout', Buffer.from('1\n2\n3\n'), 0);
    const { journal, state } = resumeLogJournal(journalFile);
    const knows = lastingSink(Number.POSITIVE_INFINITY);
    knows.lines.push('1 stdout 1', '2 stdout 2');
    const heir = createLogPipeline({ session, sinks: [knows], logger, journal, resume: state });
    heir.replay(() => Buffer.alloc(0));
    await heir.end();
    rmSync(dir, { recursive: true });
    expect(heir.losses()).toEqual({ 'log-sink:lasting': 1 });
    expect(knows.lines).toEqual(['1 stdout 1', '2 stdout 2', '3 stderr [project-runner] 1 line lost']);
  });

  it('loses what is damaged instead of numbering other lines, and says how much', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'takeover-'));
    const journalFile = join(dir, 'journal');
    const output = Buffer.from(`1\n2\n3\n4\n5\n6\n${'x'.repeat(65_540)}\nlast`);
    const dead = createLogPipeline({
      session,
      sinks: [lastingSink(0)],
      logger,
      journal: createLogJournal(journalFile),
    });
    const run = dead.receive(1);
    for (const [start, end] of [[0, 4] as const, [4, 8] as const, [8, 12] as const, [12] as const]) {
      void run.onOutput('stdout', Buffer.from(output.subarray(start, end)), 0);
    }
    run.end();
    // Lines 1 and 2 are a hole, 4 lost its ending, a long line's part 7 is a hole, and the rest cannot be read at all.
    const found = Buffer.from(output);
    found.fill(0, 0, 4);
    found.fill('?', 7, 8);
    found.fill(0, 12, 12 + 65_536);
    const sink = lastingSink(Number.POSITIVE_INFINITY);
    const { journal, state } = resumeLogJournal(journalFile);
    const heir = createLogPipeline({ session, sinks: [sink], logger, journal, resume: state });
    heir.replay((_, __, start, end) => {
      if (end === output.length) throw new Error('EIO');
      return found.subarray(start, end);
    });
    await heir.end();
    rmSync(dir, { recursive: true });
    expect(sink.lines).toEqual([
      '4 stderr [project-runner] 4 lines lost',
      '5 stdout 5',
      '6 stdout 6',
      '7 stderr [project-runner] 1 line lost',
      '8 stdout xxxx',
      '9 stderr [project-runner] 1 line lost',
    ]);
    expect(heir.losses()).toEqual({ 'log-sink:lasting': 6 });
  });
});

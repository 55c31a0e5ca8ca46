import type { LogBatch, LogEntry, LogQuery, LogSession, LogSinkPlugin } from '@project-runner/core';
import { afterEach, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import type { Variation } from './factory-variations.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testLogSink } from './test-log-sink.ts';

const timers: NodeJS.Timeout[] = [];
afterEach(() => timers.splice(0).forEach(clearInterval));

type Readable = Required<LogSinkPlugin>;

interface Breaks {
  write?: (batch: LogBatch) => void;
  close?: (batches: number) => void;
  entry?: (entry: LogEntry, batch: LogBatch, line: number) => LogEntry;
  /** Lines are there to be read after `close` only. */
  late?: boolean;
  key?: (session: LogSession) => string;
  query?: (query: LogQuery) => LogQuery;
  unseen?: () => never;
  answer?: (entries: readonly LogEntry[]) => readonly LogEntry[];
}

/** Keeps lines in memory. */
function mem(breaks: Breaks = {}): Readable {
  const { key = ({ serverId }) => serverId, entry = (good) => good } = breaks;
  const logs = new Map<string, LogEntry[]>();
  return {
    kind: 'log-sink',
    name: 'mem',
    apiVersion: 1,
    open(session) {
      const kept = logs.get(key(session)) ?? [];
      const written: LogEntry[] = breaks.late ? [] : kept;
      let batches = 0;
      logs.set(key(session), kept);
      return {
        write(batch) {
          breaks.write?.(batch);
          batches += 1;
          const { stream, time, sequence } = batch;
          for (const [line, { text, partial }] of [...batch.lines()].entries()) {
            const good = { text, stream, time, sequence: sequence + line, ...(partial ? { partial } : {}) };
            written.push(entry(good, batch, line));
          }
        },
        close() {
          breaks.close?.(batches);
          if (breaks.late) kept.push(...written);
        },
      };
    },
    read(session, query) {
      if (!logs.has(key(session))) breaks.unseen?.();
      const entries = choose(logs.get(key(session)) ?? [], breaks.query?.(query) ?? query);
      return breaks.answer?.(entries) ?? entries;
    },
  };
}

function choose(entries: readonly LogEntry[], { before, since, until, stream, tail }: LogQuery): LogEntry[] {
  if (before !== undefined && !entries.some((entry) => entry.sequence === before)) return [];
  const chosen = entries.filter(
    (entry) =>
      (before === undefined || entry.sequence < before) &&
      (since === undefined || entry.time >= since) &&
      (until === undefined || entry.time <= until) &&
      (stream === undefined || entry.stream === stream),
  );
  return tail === undefined ? chosen : chosen.slice(-tail);
}

const suite =
  (create: () => LogSinkPlugin, read = true) =>
  (it: It): void =>
    testLogSink(it, { create, read });

const broken = (breaks: Breaks) => (): Readable => mem(breaks);

const refuses = (isBad: (batch: LogBatch) => boolean): (() => Readable) =>
  broken({
    write(batch) {
      if (isBad(batch)) throw new Error('cannot write that');
    },
  });

/** Passes over a field of queries, of all or of some. */
const ignores = (
  field: keyof LogQuery,
  isMeant: (query: LogQuery) => boolean = () => true,
): (() => Readable) =>
  broken({
    query(query) {
      const { [field]: _, ...rest } = query;
      return isMeant(query) ? rest : query;
    },
  });

const anything = 'write: takes any bytes, blank lines and unicode';

const variations: readonly Variation<LogSinkPlugin>[] = [
  ...factoryVariations<LogSinkPlugin>(mem, 'open', timers),
  [
    'open: takes no batch at all and closes',
    /close must settle after the last write[^]*no file to close/,
    broken({
      close(batches) {
        if (batches === 0) throw new Error('no file to close');
      },
    }),
  ],
  [
    anything,
    /write must take 4 lines from number 1[^]*cannot write that/,
    refuses(({ bytes }) => bytes.includes(0xff)),
  ],
  [
    anything,
    /write must take 1 lines from number 5[^]*cannot/,
    refuses(({ bytes }) => bytes.length > 65_536),
  ],
  [
    'read: gives every line back, in order, with its number, after close',
    /every line, oldest first, by its number: .*found.*'0:one'/s,
    broken({
      answer: (entries) =>
        entries.length < 5 ? entries : entries.map((entry, index) => ({ ...entry, sequence: index })),
    }),
  ],
  [
    'read: an entry has its time and its stream',
    /must answer the time and the stream of the batch with each line, found/,
    broken({ answer: (entries) => entries.map((entry) => ({ ...entry, stream: 'stdout' })) }),
  ],
  [
    'read: a line that goes on is partial',
    /partial: true for a line that goes on, and for no other; found/,
    broken({ entry: ({ sequence, time, stream, text }) => ({ sequence, time, stream, text }) }),
  ],
  [
    'read: tail keeps the last lines',
    /for the query \{ tail: 2 \}: \[ '4:four', '5:' \], found \[ '1:one'/,
    ignores('tail', ({ before }) => before === undefined),
  ],
  ['read: since keeps what is not before', /for the query \{ since: .*found \[ '1:one'/, ignores('since')],
  ['read: until keeps what is not after', /for the query \{ until: .*found .*'5:'/, ignores('until')],
  [
    'read: stream keeps one stream',
    /for the query \{ stream: 'stderr' \}.*found \[ '1:one'/,
    ignores('stream'),
  ],
  [
    'read: before is a cursor, and tail counts from it',
    /for the query \{ before: 3, tail: 1 \}: \[ '2:two' \], found \[ '5:' \]/,
    ignores('before', ({ before }) => before === 3),
  ],
  [
    'read: a cursor that is not kept gives nothing',
    /for the query \{ before: 99 \}: \[\], found \[ '1:one'/,
    ignores('before', ({ before }) => before === 99),
  ],
  [
    'read: keeps nothing of bytes, which the runner uses again',
    /a copy: bytes is only valid until write settles: \[ '1:mine' \], found/,
    broken({
      entry: (good, { bytes }, line) =>
        Object.defineProperty({ ...good }, 'text', {
          get: () => Buffer.from(bytes).toString().split('\n')[line] ?? '',
        }),
    }),
  ],
  [
    'read: works while the log is written',
    /what write has settled for, before close, too: \[ '1:one' \], found \[\]/,
    broken({ late: true }),
  ],
  [
    'read: a session that it never saw is empty',
    /must answer \[\] for a session it never saw, found Error: no such log/,
    broken({
      unseen() {
        throw new Error('no such log');
      },
    }),
  ],
  [
    'read: sessions do not mix',
    /the lines of the session it was asked for: \[ 'of the first' \], found .*second/,
    broken({ key: () => 'one' }),
  ],
];

const writeOnly =
  (breaks: Breaks): (() => LogSinkPlugin) =>
  () => {
    const { read: _, ...sink } = mem(breaks);
    return sink;
  };

/** Checked as sinks that declare no `read`: what cannot be written cannot be read either. */
const writeOnlyVariations: readonly Variation<LogSinkPlugin>[] = [
  ['read: is there exactly when it is declared', /told read: false, found function in the plugin/, mem],
  [
    'open: takes batches and closes',
    /write must take 1 lines from number 3[^]*no stderr here/,
    writeOnly({
      write({ stream }) {
        if (stream === 'stderr') throw new Error('no stderr here');
      },
    }),
  ],
];

describe('testLogSink', () => {
  it('passes a correct plugin, with read and without', async () => {
    expect(await failuresOf(suite(mem))).toEqual([]);
    expect(await failuresOf(suite(writeOnly({}), false))).toEqual([]);
  });

  it('has a broken plugin for each check', () => {
    const names = checksOf(suite(mem)).map(({ name }) => name);
    const broken = [...variations, ...writeOnlyVariations].map(([check]) => check);
    expect(new Set(broken)).toEqual(new Set(names));
  });

  it('finds that open answers no writer', async () => {
    const failures = await failuresOf(suite(() => ({ ...mem(), open: () => ({ write() {} }) as never })));
    expect(failures[0]).toEqual({
      check: 'open: takes batches and closes',
      message: expect.stringMatching(/open must answer \{ write, close \}, found \{ write: /),
    });
  });

  it.each(variations)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create))).toEqual([{ check, message: expect.stringMatching(message) }]);
  });
  it.each(writeOnlyVariations)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create, false))).toEqual([
      { check, message: expect.stringMatching(message) },
    ]);
  });
});

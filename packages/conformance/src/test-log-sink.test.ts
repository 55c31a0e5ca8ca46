import type { LogBatch, LogQuery, LogSinkPlugin } from '@project-runner/core';
import { afterEach, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import type { Variation } from './factory-variations.test-support.ts';
import { memorySink as mem } from './memory-sink.test-support.ts';
import type { MemorySinkBreaks, Readable } from './memory-sink.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testLogSink } from './test-log-sink.ts';
import type { TestLogSinkOptions } from './test-log-sink.ts';
import type { UnwritableSink } from './test-unwritable.ts';

const timers: NodeJS.Timeout[] = [];
afterEach(() => timers.splice(0).forEach(clearInterval));

const rejects = (): never => {
  throw new Error('no space left');
};

type Unwritable = TestLogSinkOptions['unwritable'];

/** Takes nothing. */
const full = (): LogSinkPlugin => mem({ position: null, write: rejects });

const suite =
  (create: () => LogSinkPlugin, read = true, unwritable: Unwritable = full) =>
  (it: It): void =>
    testLogSink(it, { create, read, unwritable });

const broken = (breaks: MemorySinkBreaks) => (): Readable => mem(breaks);

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

/** Changes a batch that it has written. */
const spoils = (spoil: (batch: LogBatch) => void) => (): Readable => {
  const sink = mem();
  return {
    ...sink,
    async open(session) {
      const writer = await sink.open(session);
      const write = async (batch: LogBatch): Promise<void> => {
        await writer.write(batch);
        spoil(batch);
      };
      return { ...writer, write };
    },
  };
};

const untouched = 'write: changes nothing of its batch, which every other sink gets, too';
const anything = 'write: takes any bytes, blank lines and unicode';

const written = 'position: the number of the last line that was written';
const reopened = 'position: the same when the log is opened again, and on from there';
const forward = 'position: never goes back, nor beyond what was written';

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
    untouched,
    /nothing of its batch, .*: sequence was 1, found 0; sequence was 3, found 0/,
    spoils((batch) => Object.assign(batch, { sequence: 0 })),
  ],
  [untouched, /: bytes was 'one\\ntwo\\n', found '\\x00/, spoils(({ bytes }) => bytes.fill(0))],
  [
    'read: a notice is in the place of the lines that are missing',
    /a batch with notice among the others, by its number: .*found \[ '1:one', '2:two', '6:six', '7:seven' \]/s,
    broken({ answer: (entries) => entries.filter(({ text }) => !text.startsWith('[project-runner]')) }),
  ],
  [
    'position: goes on behind lines that are missing',
    /must answer the number of the last line, 7, not how many there are.*found 5/,
    broken({ position: (last) => (last === 7 ? 5 : last) }),
  ],
  [
    'position: 0 for a log that is new',
    /must answer 0 for a log that is new, found -1/,
    broken({ position: (last) => last || -1 }),
  ],
  [
    written,
    /must answer the number of the last line, 5, soon after it was written; found 4/,
    // The first number of a batch; nothing else sees it, because it is right when the log is opened again.
    broken({ position: (last, batch) => (last === 5 ? (batch?.sequence ?? 5) : last) }),
  ],
  [
    reopened,
    /must answer the number of the last line, 5, when its log is opened again; found 0/,
    broken({ position: (last, batch) => (batch ? last : 0) }),
  ],
  [
    reopened,
    /must go on in a log that was opened again, to 6 with its next line; found 5/,
    broken({ position: (last) => (last === 6 ? 5 : last) }),
  ],
  [
    forward,
    /must never go back.*: 2 to 3 while the lines up to 3 are written, found 1/,
    broken({ position: (last, batch) => (batch?.stream === 'stderr' ? 1 : last) }),
  ],
  [
    forward,
    /nor name what was not written: 0 to 2 while the lines up to 2 are written, found 3/,
    broken({ position: (last) => (last === 2 ? 3 : last) }),
  ],
  [
    'read: gives every line back, in order, with its number, after close',
    /every line, oldest first, by its number: .*found.*'0:one'/s,
    broken({
      answer: (entries) =>
        entries.length < 5 || entries.at(-1)?.text !== ''
          ? entries
          : entries.map((entry, index) => ({ ...entry, sequence: index })),
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
  (breaks: MemorySinkBreaks): (() => LogSinkPlugin) =>
  () => {
    const { read: _, ...sink } = mem(breaks);
    return sink;
  };

/** Checked as sinks that declare no `read`: what cannot be written cannot be read either. */
const writeOnlyVariations: readonly Variation<LogSinkPlugin>[] = [
  [
    'write: takes a notice of lines that are missing, whose numbers nobody gets',
    /write must take 1 lines from number 5[^]*whose line is that/,
    writeOnly({
      position: null,
      write({ notice }) {
        if (notice) throw new Error('whose line is that?');
      },
    }),
  ],
  ['read: is there exactly when it is declared', /told read: false, found function in the plugin/, mem],
  [
    'open: takes batches and closes',
    /write must take 1 lines from number 3[^]*no stderr here/,
    writeOnly({
      position: null,
      write({ stream, notice }) {
        if (stream === 'stderr' && !notice) throw new Error('no stderr here');
      },
    }),
  ],
];

const unwritten = 'write: rejects where it cannot write';
const silent = (breaks: MemorySinkBreaks) => (): LogSinkPlugin => mem({ position: () => 0, ...breaks });

/** Opens only as long as it is whole; what `write` does afterwards is given. */
const breaking = (write: () => void) => (): UnwritableSink => {
  let isBroken = false;
  const sink = mem({ position: null, write: () => (isBroken ? write() : undefined) });
  return {
    sink: { ...sink, open: (session) => (isBroken ? rejects() : sink.open(session)) },
    break() {
      isBroken = true;
    },
  };
};

const unwritables: readonly [check: string, message: RegExp, unwritable: never][] = [
  [
    'unwritable: is given, or null of a sink that cannot know',
    /told unwritable: undefined; give it/,
    undefined,
  ],
  [
    unwritten,
    /must reject what it cannot write.*took the batch of line 1 and of line 3 and of line 4/,
    () => mem({ position: null }),
  ],
  [
    unwritten,
    /must reject what it cannot write.*took the batch of line 3/,
    () =>
      mem({
        position: null,
        write: ({ stream }) => (stream === 'stdout' ? rejects() : undefined),
      }),
  ],
  [unwritten, /must reject what it cannot write.*has position 5/, mem],
  [
    unwritten,
    /must open, so that write is seen to reject; found that open rejects with Error: no space left: give \{ sink, break \}/,
    () => ({ ...mem(), open: rejects }),
  ],
  [
    unwritten,
    /must reject what it cannot write.*took the batch of line 1 and of line 3 and of line 4/,
    breaking(() => undefined),
  ],
  [unwritten, /took lines, keeps none by its position, and closed without an error/, silent({})],
  [
    unwritten,
    /must settle where a sink cannot write; give unwritable short deadlines; waited for/,
    () => ({ ...mem(), open: () => new Promise(() => undefined) }),
  ],
].map(([check, message, unwritable]) => [check as string, message as RegExp, unwritable as never] as const);

describe('testLogSink', () => {
  it('passes a correct plugin, with read and position and without', async () => {
    expect(await failuresOf(suite(mem))).toEqual([]);
    expect(await failuresOf(suite(broken({ position: null })))).toEqual([]);
    expect(await failuresOf(suite(writeOnly({}), false))).toEqual([]);
  });

  it.each<[string, Unwritable]>([
    ['is broken once it is open', breaking(rejects)],
    ['writes later, and fails with its close', silent({ close: rejects })],
    ['cannot know', null],
  ])('passes a sink that %s where it cannot write', async (_, unwritable) => {
    expect(await failuresOf(suite(mem, true, unwritable))).toEqual([]);
  });

  it.each(unwritables)('finds with "%s" what should read %s', async (check, message, unwritable) => {
    const checks = (it: It): void => testLogSink(it, { create: mem, read: true, unwritable });
    expect(await failuresOf(checks)).toEqual([{ check, message: expect.stringMatching(message) }]);
  });

  it('has a broken plugin for each check', () => {
    const names = checksOf(suite(mem)).map(({ name }) => name);
    const broken = [
      ...[...variations, ...writeOnlyVariations].map(([check]) => check),
      ...unwritables.map(([check]) => check),
    ];
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

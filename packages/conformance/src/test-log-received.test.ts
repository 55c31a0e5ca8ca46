import { describe, expect, it } from 'vitest';

import { checksOf, failuresOf } from './run-suite.test-support.ts';
import { sendingSink } from './sending-sink.test-support.ts';
import type { SendingSink, SendingSinkBreaks } from './sending-sink.test-support.ts';
import type { It } from './suite.ts';
import type { ReceivedLine } from './test-log-received.ts';
import { testLogSink } from './test-log-sink.ts';

const suite =
  ({ create, received }: SendingSink) =>
  (it: It): void =>
    testLogSink(it, { create, read: false, unwritable: null, received });

const every = 'received: every line, in order, after close';
const numbers = 'received: each line has its number';
const whence = 'received: each line has the time and the stream of its batch';
const partial = 'received: a line that goes on is partial';
const bytes = 'received: nothing of bytes is kept, which the runner uses again';
const notice = 'received: a notice is in the place of the lines that are missing';
const sessions = 'received: sessions do not mix';
const all = [every, numbers, whence, partial, bytes, notice, sessions];

type Broken = readonly [what: string, checks: readonly string[], message: RegExp, breaks: SendingSinkBreaks];

const broken: readonly Broken[] = [
  [
    'gives all lines of a batch the number of the first',
    [numbers, notice],
    /must send the number of each line.*: \[ 1, 2, 3, 4, 5 \], received \[ 1, 1, 3, 4, 4 \]/,
    { line: (line, { sequence }) => ({ ...line, sequence }) },
  ],
  [
    'leaves blank lines out',
    [every, numbers, whence],
    /every line, oldest first, blank ones, too: .*, received \[ 'one', 'two', 'bad', 'four' \]/,
    { sends: ({ text }) => text !== '' },
  ],
  [
    'keeps a batch until it closes',
    [bytes],
    /a copy: bytes is only valid until write settles: \[ 'mine' \], received \[ 'next' \]/,
    { late: 'made' },
  ],
  ['sends nothing', all, /must send every line.*, received \[\]/, { sends: () => false }],
  ['loses with close what it has not sent', all, /must send every line/, { late: 'sent', close: () => [] }],
  [
    'turns the order around',
    [every, numbers, whence, partial, notice],
    /received \[ '', 'four', 'bad', 'two', 'one' \]/,
    { late: 'sent', close: (lines) => lines.toReversed() },
  ],
  [
    'sends every line as stdout',
    [whence],
    /must send the stream of each batch: .*'stderr'/,
    { line: (line) => ({ ...line, stream: 'stdout' }) },
  ],
  [
    'sends the time at which it sends',
    [whence],
    /must send the time of each batch, in ms: \[ 1000, /,
    { line: (line) => ({ ...line, time: new Date() }) },
  ],
  [
    'never says that a line goes on',
    [partial],
    /partial: true for a line that goes on.*received \[ false, false \]/,
    { line: (line) => ({ ...line, partial: undefined }) },
  ],
  [
    'says of each line of a batch that it goes on',
    [partial],
    /partial: true for a line that goes on.*received \[ true, true \]/,
    { line: (line, batch) => ({ ...line, partial: batch.partial ?? false }) },
  ],
  [
    'leaves notices out',
    [notice],
    /a batch with notice among the others: .*received \[ 'one', 'two', 'six', 'seven' \]/,
    { sends: (_, batch) => !batch.notice },
  ],
  [
    'counts lines by itself',
    [notice],
    /number of a notice, and of those after it: \[ 1, 2, 5, 6, 7 \], received \[ 1, 2, 3, 4, 5 \]/,
    {
      late: 'sent',
      close: (lines) => lines.map((line, index) => ({ ...line, sequence: index + 1 })),
    },
  ],
];

describe('testLogSink with received', () => {
  it.each<[string, SendingSinkBreaks]>([
    ['sends each batch', {}],
    ['sends with close', { late: 'sent' }],
    ['sends nothing but texts', { line: ({ text }): ReceivedLine => ({ text }) }],
  ])('passes a sink that %s', async (_, breaks) => {
    expect(await failuresOf(suite(sendingSink(breaks)))).toEqual([]);
  });

  it('has a broken sink for each check', () => {
    const names = checksOf(suite(sendingSink())).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('received'))).toEqual(all);
    expect(new Set([...broken.flatMap(([, checks]) => checks), sessions])).toEqual(new Set(all));
  });

  it.each(broken)('finds a sink that %s', async (_, checks, message, breaks) => {
    const failures = await failuresOf(suite(sendingSink(breaks)));
    expect(failures.map(({ check }) => check)).toEqual(checks);
    expect(failures.map((failure) => failure.message).join('\n')).toMatch(message);
  });

  it('finds a sink that sends the lines of one session as those of another', async () => {
    let first = '';
    const key = ({ serverId }: { serverId: string }): string => (first ||= serverId);
    const only = (it: It): void =>
      suite(sendingSink({ key }))((name, fn) => (name === sessions ? it(name, fn) : undefined));
    expect(await failuresOf(only)).toEqual([
      {
        check: sessions,
        message: expect.stringMatching(/those of that session: \[ 'of 0' \], received \[ 'of 0', 'of 1' \]/),
      },
    ]);
  });

  it.each<[RegExp, () => never]>([
    [/received must answer an array of lines, found undefined/, () => undefined as never],
    [
      /received must answer what is there by now, and not wait for more; waited for/,
      () => new Promise(() => undefined) as never,
    ],
  ])('says what is wrong with a received: %s', async (message, received) => {
    const failures = await failuresOf(suite({ ...sendingSink(), received }));
    expect(failures[0]).toEqual({ check: every, message: expect.stringMatching(message) });
  });
});

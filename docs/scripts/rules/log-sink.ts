import { isOfRunner } from './rule.ts';
import type { Rule } from './rule.ts';

export const logSink: readonly Rule[] = [
  {
    text: '`open(session)` answers a writer; the runner calls `write` one at a time, in order, and `close` once.',
    checks: ['open: takes batches and closes', 'open: takes no batch at all and closes'],
  },
  {
    text: 'A batch is `bytes` (whole lines) for those who never decode, `lines()` for everyone else.',
    checks: ['write: takes any bytes, blank lines and unicode'],
  },
  {
    text: '`bytes` is only valid until `write` settles.',
    checks: [
      'read: keeps nothing of bytes, which the runner uses again',
      'received: nothing of bytes is kept, which the runner uses again',
    ],
  },
  {
    text: 'Every sink gets the same batch: it is frozen, and `bytes` cannot be, so copy what you want to change.',
    checks: ['write: changes nothing of its batch, which every other sink gets, too'],
  },
  {
    text: 'Reject when you cannot write: the loss is counted and said in the log.',
    checks: ['write: rejects where it cannot write'],
  },
  { text: 'Slowness costs only your own lines.', unproved: isOfRunner },
  {
    text: "Optional `position()` of the writer: the number of the last line that would survive the runner's death, 0 for a new log; the same when the log is opened again; never back, never beyond what was written.",
    checks: [
      'position: 0 for a log that is new',
      'position: the number of the last line that was written',
      'position: the same when the log is opened again, and on from there',
      'position: never goes back, nor beyond what was written',
    ],
  },
  {
    text: 'The runner does not write lines up to it again, and keeps those after it for you.',
    unproved: isOfRunner,
  },
  {
    text: 'Optional `maxQueueBytes`: what the runner queues for it of one server before it drops lines.',
    checks: ['factory: answers a valid plugin of its kind'],
  },
  {
    text: 'A batch with `notice` is not of the server: the runner tells in it of lines that are missing. It has the number of the last of them, so numbers rise with gaps; `read` gives it back like any line.',
    checks: [
      'write: takes a notice of lines that are missing, whose numbers nobody gets',
      'position: goes on behind lines that are missing',
      'read: a notice is in the place of the lines that are missing',
      'received: a notice is in the place of the lines that are missing',
    ],
  },
  {
    text: 'Optional `read(session, query)`: oldest first, while the log is written and after `close`;',
    checks: [
      'read: gives every line back, in order, with its number, after close',
      'read: works while the log is written',
    ],
  },
  {
    text: 'only of this session, so nothing for one you never saw.',
    checks: ['read: sessions do not mix', 'read: a session that it never saw is empty'],
  },
  {
    text: 'An entry has the number, the time and the stream of its batch, and `partial` where its line goes on.',
    checks: ['read: an entry has its time and its stream', 'read: a line that goes on is partial'],
  },
  {
    text: 'What the other fields of the query leave, `tail` counts from the end.',
    checks: [
      'read: tail keeps the last lines',
      'read: since keeps what is not before',
      'read: until keeps what is not after',
      'read: stream keeps one stream',
      'read: before is a cursor, and tail counts from it',
      'read: a cursor that is not kept gives nothing',
    ],
  },
  {
    text: 'A sink without `read` sends every line, too, blank ones as well, in order and as one of its session,',
    checks: ['received: every line, in order, after close', 'received: sessions do not mix'],
  },
  {
    text: 'with as much of an entry as it sends at all.',
    checks: [
      'received: each line has its number',
      'received: each line has the time and the stream of its batch',
      'received: a line that goes on is partial',
    ],
  },
];

import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { createLogJournal, resumeLogJournal } from './log-journal.ts';
import type { JournalRecord } from './log-journal.ts';

function journalFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'journal-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'journal');
}

const record = (sequence: number): JournalRecord => ({
  sequence,
  count: 2,
  run: 1,
  stream: sequence % 3 === 0 ? 'stderr' : 'stdout',
  start: sequence * 10,
  end: sequence * 10 + 20,
  time: 1_700_000_000_000 + sequence,
  kind: 'lines',
});

it('gives back what was written, after a kill, too', () => {
  const file = journalFile();
  const journal = createLogJournal(file);
  journal.append(record(1));
  journal.append(record(3));
  journal.commit(2);
  const { state, journal: next } = resumeLogJournal(file);
  expect(state).toEqual({ committed: 2, records: [record(1), record(3)] });
  next.append(record(5));
  next.commit(4);
  expect(resumeLogJournal(file).state).toEqual({
    committed: 4,
    records: [record(1), record(3), record(5)],
  });
});

it('keeps its size, and the newest records', () => {
  const file = journalFile();
  const journal = createLogJournal(file);
  const size = statSync(file).size;
  for (let sequence = 1; sequence <= 5000; sequence += 2) journal.append(record(sequence));
  expect(statSync(file).size).toBe(size);
  const { records } = resumeLogJournal(file).state;
  expect(records).toHaveLength(1024);
  expect(records.at(-1)).toEqual(record(4999));
  expect(records[0]).toEqual(record(4999 - 2 * 1023));
});

it('passes over a record that was torn', () => {
  const file = journalFile();
  const journal = createLogJournal(file);
  journal.append(record(1));
  journal.append(record(3));
  const bytes = readFileSync(file);
  bytes.fill(0, 128 * 2 + 20, 128 * 3);
  writeFileSync(file, bytes);
  expect(resumeLogJournal(file).state.records).toEqual([record(1)]);
});

it('is never made over another one, and is the user’s own', () => {
  const file = journalFile();
  createLogJournal(file).close();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(() => createLogJournal(file)).toThrowError(/EEXIST/);
});

it('is not taken for one that has just begun when it was cut off', () => {
  const file = journalFile();
  createLogJournal(file).append(record(1));
  truncateSync(file, 1000);
  expect(() => resumeLogJournal(file)).toThrow('a log journal has 131200 bytes; found one of 1000');
});

it('begins anew after it was removed, with what it is told', () => {
  const file = journalFile();
  const journal = createLogJournal(file);
  journal.append(record(1));
  journal.discard();
  expect(existsSync(file)).toBe(false);
  journal.append(record(3));
  journal.renew({ committed: 4, records: [record(5)] });
  journal.append(record(7));
  expect(resumeLogJournal(file).state).toEqual({ committed: 4, records: [record(5), record(7)] });
});

it('knows how far a stream was cut, however much the other one printed since', () => {
  const file = journalFile();
  let journal = createLogJournal(file);
  journal.append({ ...record(1), stream: 'stderr', start: 0, end: 77 });
  for (let sequence = 3; sequence < 10_000; sequence += 2) {
    journal.append({ ...record(sequence), stream: 'stdout' });
    if (sequence % 3001 !== 0) continue;
    journal.close();
    journal = resumeLogJournal(file).journal;
  }
  const { records } = resumeLogJournal(file).state;
  const ends = records.filter(({ stream }) => stream === 'stderr').map(({ end }) => end);
  expect(ends).toEqual([77]);
  const newest = records.at(-1);
  expect((newest?.sequence ?? 0) + (newest?.count ?? 0)).toBe(10_001);
  expect(records.length).toBe(1024);
  journal.close();
});

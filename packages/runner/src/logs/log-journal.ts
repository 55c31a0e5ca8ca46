import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';

import type { LogStreamName } from '@project-runner/core';

/** A batch of lines as it was cut from the output of a run, so that it can be cut the same way again. */
export interface JournalRecord {
  /** Number of the first line. */
  sequence: number;
  count: number;
  /** Starts of the server, from 1. Each has output of its own. */
  run: number;
  stream: LogStreamName;
  /** Bytes of that output. */
  start: number;
  end: number;
  /** ms since 1970. */
  time: number;
  /** `dropped`: instead of lines, one that says that these bytes were given up. */
  kind: 'lines' | 'part' | 'dropped';
}

/**
 * What was cut into lines and what all sinks have, ahead of and after each delivery. A runner that takes over after a
 * kill delivers what is between the two, with the same numbers, times and borders.
 */
export interface LogJournal {
  append(record: JournalRecord): void;
  /** All sinks have the lines up to this number. */
  commit(sequence: number): void;
  /** Removes it, so that nobody goes by one that is not true any more. */
  discard(): void;
  /** Begins it anew after that. */
  renew(state: JournalState): void;
  close(): void;
}

export interface JournalState {
  committed: number;
  /** The last thousand or so, in the order of their numbers. */
  records: readonly JournalRecord[];
}

/** Records have places of one size in a file of one size: a full disk cannot stop it, and old ones are written over. */
const slotBytes = 128;
const slots = 1024;
const fileBytes = slotBytes * (slots + 1);

/** @throws Error of the file system; nothing is left of it then */
export function createLogJournal(file: string): LogJournal {
  createFile(file);
  return openLogJournal(file, []);
}

/** Goes on where an earlier runner stopped. @throws Error of the file system, or for a file that was cut off */
export function resumeLogJournal(file: string): { journal: LogJournal; state: JournalState } {
  const { committed, numbered } = parse(readFileSync(file, 'latin1'));
  const records = numbered.map(({ record }) => record);
  return { journal: openLogJournal(file, numbered), state: { committed, records } };
}

interface Numbered {
  number: number;
  record: JournalRecord;
}

function openLogJournal(file: string, known: readonly Numbered[]): LogJournal {
  let fd: number | null = openSync(file, 'r+');
  let next = (known.at(-1)?.number ?? -1) + 1;
  /** Of each stream. */
  const newest = new Map(known.map((each) => [each.record.stream, each]));
  const write = (slot: number, text: string): void => {
    if (fd !== null) writeSync(fd, `${text.padEnd(slotBytes - 1)}\n`, slot * slotBytes, 'latin1');
  };
  const close = (): void => {
    if (fd !== null) closeSync(fd);
    fd = null;
  };
  const add = (record: JournalRecord): void => {
    const { sequence, count, run, stream, start, end, time, kind } = record;
    const text = [next, sequence, count, run, stream, start, end, time, kind].join(' ');
    write(1 + (next % slots), text);
    newest.set(stream, { number: next, record });
    next += 1;
  };
  /** How far a stream was cut must be found however much the other one prints. */
  const repeatOldest = (sequence: number): void => {
    for (const { number, record } of newest.values()) {
      if (next - number >= slots - newest.size) add({ ...record, sequence, count: 0, start: record.end });
    }
  };
  const journal: LogJournal = {
    append(record) {
      add(record);
      repeatOldest(record.sequence + record.count);
    },
    commit: (sequence) => write(0, `committed ${sequence}`),
    discard() {
      rmSync(file, { force: true });
      close();
    },
    renew({ committed, records }) {
      createFile(file);
      try {
        fd = openSync(file, 'r+');
        next = 0;
        newest.clear();
        journal.commit(committed);
        for (const record of records) journal.append(record);
      } catch (error) {
        journal.discard();
        throw error;
      }
    },
    close,
  };
  return journal;
}

/** Half of one would be taken for one of a log that has just begun. */
function createFile(file: string): void {
  try {
    writeFileSync(file, Buffer.alloc(fileBytes, ' '), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(file, { force: true });
    throw error;
  }
}

function parse(text: string): { committed: number; numbered: readonly Numbered[] } {
  if (text.length !== fileBytes) {
    throw new Error(`a log journal has ${fileBytes} bytes; found one of ${text.length}`);
  }
  const lines = Array.from({ length: slots + 1 }, (_, slot) =>
    text.slice(slot * slotBytes, (slot + 1) * slotBytes),
  );
  const committed = Number(/^committed (\d+) *\n$/.exec(lines[0] ?? '')?.[1] ?? 0);
  const numbered = lines
    .slice(1)
    .flatMap((line) => parseRecord(line) ?? [])
    .toSorted((a, b) => a.number - b.number);
  return { committed, numbered };
}

const pattern = /^(\d+) (\d+) (\d+) (\d+) (stdout|stderr) (\d+) (\d+) (\d+) (lines|part|dropped) *\n$/;

/** `null` for a place that was never used, or half written when the machine died. */
function parseRecord(line: string): Numbered | null {
  const match = pattern.exec(line);
  if (!match) return null;
  const [number = 0, sequence = 0, count = 0, run = 0] = match.slice(1, 5).map(Number);
  const [start = 0, end = 0, time = 0] = match.slice(6, 9).map(Number);
  const stream = match[5] as LogStreamName;
  const kind = match[9] as JournalRecord['kind'];
  return { number, record: { sequence, count, run, stream, start, end, time, kind } };
}

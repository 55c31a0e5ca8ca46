import { createHash, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

import type { JobResult } from '../job-result.ts';
import { formatRecord, parseRecord, parseUnsureResult } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import { runFiles } from './run-files.ts';
import type { RunFiles } from './run-files.ts';
import { unwritable } from './unwritable.ts';
import { syncFolder, writeResult } from './write-result.ts';

/** Runs of all processes of a user, a folder for each. */
export interface RunStore {
  readonly dir: string;
  /** Touched when owners are to look whether a run of theirs is to be stopped. */
  readonly bell: string;
  /**
   * Keeps a new run, or answers the one that has its key. `input`: where it is too large for the record.
   * @throws ProjectRunnerError `STATE_UNWRITABLE`
   */
  create(record: RunRecord, input?: string): RunRecord;
  /** `null` when there is none, or it was not made wholly. */
  read(id: string): RunRecord | null;
  /** The result of a run that may not be on the disk yet, its writer being gone; `null` where there is none. */
  readUnsure(id: string): JobResult | null;
  /** Keeps the result of a run that has ended, on the disk. @throws Error of the file system */
  finish(record: RunRecord): Promise<void>;
  files(id: string): RunFiles;
  list(): string[];
  remove(id: string): void;
}

export function openRunStore(stateDir: string): RunStore {
  const root = join(stateDir, 'runs');
  const bell = join(stateDir, 'bell');
  const files = (id: string): RunFiles => runFiles(join(root, checkedId(id)));
  let rootSynced: Promise<void> | null = null;
  /** Once: the folder of all runs is made once. */
  const syncRoot = async (): Promise<void> => {
    rootSynced ??= syncFolder(stateDir);
    try {
      await rootSynced;
    } catch (error) {
      rootSynced = null;
      throw error;
    }
  };
  const store: RunStore = {
    dir: stateDir,
    bell,
    files,
    create(record, input) {
      try {
        return create(store, record, input);
      } catch (cause) {
        throw unwritable(record.spec.name, stateDir, cause);
      }
    },
    read(id) {
      const text = readText(files(id).record);
      return text === null ? null : parseRecord(text, id);
    },
    readUnsure: (id) => parseUnsureResult(readText(files(id).record) ?? '', id),
    finish: (record) => writeResult(files(record.id), record, syncRoot),
    list: () => namesIn(root).filter((name) => idPattern.test(name)),
    remove: (id) => rmSync(files(id).dir, { recursive: true, force: true }),
  };
  return store;
}

/** The same for the same key of the same job, in whatever process. */
export function newRunId(name: string, key: string | undefined): string {
  if (key === undefined) return randomUUID();
  return `key-${createHash('sha256').update(`${name}\0${key}`).digest('hex').slice(0, 40)}`;
}

const idPattern = /^[\w-]{1,80}$/;

/** Ids are parts of paths, and come from anywhere. */
function checkedId(id: string): string {
  if (typeof id === 'string' && idPattern.test(id)) return id;
  throw new ProjectRunnerError('JOB_NOT_FOUND', `${JSON.stringify(id)} is no id of a run`, {
    hint: 'Give the id that the handle of the run has',
  });
}

function create(store: RunStore, record: RunRecord, input: string | undefined): RunRecord {
  const files = store.files(record.id);
  const isKeyed = record.id.startsWith('key-');
  mkdirSync(files.dir, { recursive: true, mode: 0o700 });
  const known = isKeyed ? store.read(record.id) : null;
  if (known) return known;
  const inputFile = record.secret?.inputFile ?? null;
  try {
    if (input !== undefined && inputFile !== null) {
      writeFileSync(files.input(inputFile), input, { mode: 0o600 });
    }
    writeFirst(files, record, isKeyed);
    return record;
  } catch (error) {
    if (inputFile !== null) rmSync(files.input(inputFile), { force: true });
    const winner = isKeyed ? store.read(record.id) : null;
    if (winner) return winner;
    if (!isKeyed) rmSync(files.dir, { recursive: true, force: true });
    throw error;
  }
}

/** Of all that come with the same key at the same moment one succeeds. */
function writeFirst(files: RunFiles, record: RunRecord, isShared: boolean): void {
  // It has what the input of a run may have in it, and goes with that where somebody is killed before he removes it.
  const draft = isShared ? files.input(`input-draft-${randomUUID()}.jsonl`) : files.record;
  try {
    writeFileSync(draft, formatRecord(record).join(''), { mode: 0o600 });
    if (isShared) linkSync(draft, files.record);
  } finally {
    if (isShared) rmSync(draft, { force: true });
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

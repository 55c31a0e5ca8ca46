import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createStateStore } from './state-store.ts';
import type { StateStore } from './state-store.ts';
import { storedServer } from './stored-server.test-support.ts';

function freshStore(): { store: StateStore; dir: string; warnings: string[] } {
  const dir = mkdtempSync(join(tmpdir(), 'state-store-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  return { store: createStateStore(dir, { debug() {}, info() {}, warn, error() {} }), dir, warnings };
}

describe('createStateStore', () => {
  it('gives back what was written, dates as dates', () => {
    const { store } = freshStore();
    const stored = storedServer();
    store.write(stored);
    expect(store.read('server-1')).toEqual(stored);
    store.write({ ...stored, state: 'backoff', restarts: 3 });
    expect(store.read('server-1')).toMatchObject({ state: 'backoff', restarts: 3 });
    expect(store.list()).toEqual(['server-1']);
  });

  it('keeps files to their user, and leaves no draft', () => {
    const { store, dir } = freshStore();
    store.write(storedServer());
    const folder = join(dir, 'servers', 'server-1');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'server.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['server.json']);
  });

  it('tells what is missing, what a later version wrote, and what is damaged', () => {
    const { store, dir } = freshStore();
    expect(store.read('server-1')).toBe('missing');
    store.write(storedServer());
    const file = join(dir, 'servers', 'server-1', 'server.json');
    const whole = readFileSync(file, 'utf8');
    const read = (text: string): unknown => {
      writeFileSync(file, text);
      return store.read('server-1');
    };
    expect(read(whole.replace('"formatVersion": 1', '"formatVersion": 2'))).toBe('foreign');
    for (const text of ['', 'null', '[]', '{}', '"x"', '{"formatVersion":1}', '{"formatVersion":0}']) {
      expect(read(text), text).toBe('damaged');
    }
    expect(read(JSON.stringify(storedServer('another')))).toBe('damaged');
    expect(read(whole)).toEqual(storedServer());
  });

  it('never takes a file that was cut short for a whole one, wherever the cut is', () => {
    const { store, dir } = freshStore();
    store.write(storedServer());
    const file = join(dir, 'servers', 'server-1', 'server.json');
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.nat(whole.length - 3), (length) => {
        writeFileSync(file, whole.subarray(0, length));
        expect(store.read('server-1')).toBe('damaged');
      }),
      { numRuns: 200 },
    );
  });

  it('gives a server to one owner at a time', () => {
    const { store, dir } = freshStore();
    store.write(storedServer());
    const disown = store.claim('server-1');
    expect(disown).not.toBeNull();
    expect(store.isOwned('server-1')).toBe(true);
    expect(store.claim('server-1')).toBeNull();
    disown?.();
    disown?.();
    expect(store.isOwned('server-1')).toBe(false);
    const again = store.claim('server-1');
    expect(again).not.toBeNull();
    // Of a server that is gone nothing stays, not even who had it.
    store.remove('server-1');
    again?.();
    expect(readdirSync(join(dir, 'owners'))).toEqual([]);
  });

  it('hands on that a stop is wanted, for servers that are known', () => {
    const { store } = freshStore();
    store.wantStop('server-1');
    expect(store.isStopWanted('server-1')).toBe(false);
    store.write(storedServer());
    expect(store.isStopWanted('server-1')).toBe(false);
    store.wantStop('server-1');
    expect(store.isStopWanted('server-1')).toBe(true);
    store.remove('server-1');
    expect(store.isStopWanted('server-1')).toBe(false);
  });

  it('lists runs in the order of their numbers, and removes them', () => {
    const { store, dir } = freshStore();
    expect(store.runs('server-1')).toEqual([]);
    for (const run of [10, 9, 1]) mkdirSync(store.runDir('server-1', run), { recursive: true });
    mkdirSync(join(dir, 'servers', 'server-1', 'runs', 'lost+found'));
    expect(store.runs('server-1')).toEqual([1, 9, 10]);
    store.removeRun('server-1', 9);
    store.removeRun('server-1', 9);
    expect(store.runs('server-1')).toEqual([1, 10]);
  });

  it('moves what nobody can read out of the way', () => {
    const { store, dir } = freshStore();
    store.write(storedServer());
    const aside = store.setAside('server-1');
    expect(store.list()).toEqual([]);
    expect(aside.startsWith(join(dir, 'damaged'))).toBe(true);
    expect(existsSync(join(aside, 'server.json'))).toBe(true);
  });

  it('lists no folder that cannot be a server, and refuses ids that are no file names', () => {
    const { store, dir } = freshStore();
    expect(store.list()).toEqual([]);
    store.write(storedServer());
    for (const name of ['.hidden', 'a b']) mkdirSync(join(dir, 'servers', name));
    expect(store.list()).toEqual(['server-1']);
    for (const id of ['', '.', '..', '../x', 'a/b', '-x', 'x\n', 'x'.repeat(300)]) {
      expect(() => store.runDir(id, 1), id).toThrow('file name');
      expect(() => store.claim(id), id).toThrow('file name');
    }
  });

  it.skipIf(process.getuid?.() === 0)('warns when something cannot be removed, and goes on', () => {
    const { store, dir, warnings } = freshStore();
    store.write(storedServer());
    chmodSync(join(dir, 'servers'), 0o500);
    store.remove('server-1');
    chmodSync(join(dir, 'servers'), 0o700);
    expect(warnings).toEqual(['Removing the state of server server-1 failed']);
  });
});

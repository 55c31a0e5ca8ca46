import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import { thisProcess } from './holder.ts';
import { leaseKeys, readLease, takeLease } from './take-lease.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'leases-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it('gives a lease once, tells who has it, and gives it again when it is back', () => {
  const dir = folder();
  const release = takeLease(dir, 'a', 'me');
  expect(release).not.toBeNull();
  expect(takeLease(dir, 'a', 'you')).toBeNull();
  expect(takeLease(dir, 'b', 'you')).not.toBeNull();
  expect(readLease(dir, 'a')).toMatchObject({ pid: process.pid, owner: 'me' });
  release?.();
  expect(readLease(dir, 'a')).toBeNull();
  const again = takeLease(dir, 'a', 'you');
  expect(again).not.toBeNull();
  release?.();
  expect(readLease(dir, 'a')).toMatchObject({ owner: 'you' });
});

it('leaves no file of a key that is to be forgotten', () => {
  const dir = folder();
  takeLease(dir, 'a', 'me')?.({ forget: true });
  expect(readdirSync(dir)).toEqual([]);
});

it('keeps keys apart of which one begins with the other', () => {
  const dir = folder();
  expect(takeLease(dir, '80', 'x')).not.toBeNull();
  expect(takeLease(dir, '8', 'x')).not.toBeNull();
  expect(takeLease(dir, '80.1', 'x')).not.toBeNull();
});

it('takes over from a pid that was given to somebody else, from another boot, and from a damaged file', () => {
  const dir = folder();
  const holders = [
    { ...thisProcess(), startTime: '1' },
    { ...thisProcess(), bootId: 'another' },
  ].map((holder) => JSON.stringify({ ...holder, owner: 'gone', since: '' }));
  for (const [index, text] of [...holders, '{"pid":', ''].entries()) {
    writeFileSync(join(dir, `k${index}.3.json`), text);
    expect(readLease(dir, `k${index}`)).toBeNull();
    expect(readLease(dir, `k${index}`, { dead: true })?.owner).toBe(index < 2 ? 'gone' : undefined);
    expect(takeLease(dir, `k${index}`, 'new')).not.toBeNull();
    expect(readdirSync(dir).filter((name) => name.startsWith(`k${index}.`))).toEqual([`k${index}.4.json`]);
  }
});

it('keeps its files to the user', () => {
  const dir = join(folder(), 'made');
  takeLease(dir, 'a', 'me');
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, 'a.1.json')).mode & 0o777).toBe(0o600);
});

it('gives each of 200 dead leases to exactly one of six processes that take them at once', async () => {
  const dir = folder();
  const dead = JSON.stringify({ ...thisProcess(), startTime: '1', owner: 'gone', since: '' });
  const keys = Array.from({ length: 200 }, (_, index) => `key${index}`);
  for (const key of keys) writeFileSync(join(dir, `${key}.1.json`), dead);
  const script = fileURLToPath(new URL('fixtures/take-all.ts', import.meta.url));
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, [script, dir, ...keys], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  onTestFinished(() => children.forEach((child) => child.kill('SIGKILL')));
  const lines = children.map((child) => createInterface(child.stdout)[Symbol.asyncIterator]());
  for (const line of lines) expect((await line.next()).value).toBe('ready');
  for (const child of children) child.stdin.write('go\n');
  const taken: string[] = [];
  for (const line of lines) taken.push(...(JSON.parse((await line.next()).value as string) as string[]));
  expect(taken.toSorted()).toEqual(keys.toSorted());
  children.forEach((child) => child.kill('SIGKILL'));
  await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
});

it('tells the keys that have a lease or had one, and none of a folder that is not there', () => {
  const dir = folder();
  expect(leaseKeys(join(dir, 'none'))).toEqual(new Set());
  const release = takeLease(dir, 'key.1', 'me');
  takeLease(dir, 'other', 'me');
  release?.();
  expect(leaseKeys(dir)).toEqual(new Set(['key.1', 'other']));
});

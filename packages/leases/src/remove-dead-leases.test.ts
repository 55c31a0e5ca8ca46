import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { thisProcess } from './holder.ts';
import { removeDeadLeases } from './remove-dead-leases.ts';
import { readLease, takeLease } from './take-lease.ts';

const uuid = '123e4567-e89b-42d3-a456-426614174000';

it('removes what nobody has of keys that are done, and old drafts, and nothing else', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dead-leases-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const dead = JSON.stringify({ ...thisProcess(), startTime: '1', owner: 'gone', since: '' });
  for (const name of ['done.3.json', 'kept.3.json', 'with.dots.1.json']) writeFileSync(join(dir, name), dead);
  writeFileSync(join(dir, 'damaged.1.json'), '{"pid":');
  takeLease(dir, 'given-back', 'me')?.();
  takeLease(dir, 'living', 'me');
  for (const name of [`draft.1.json.${uuid}`, `young.1.json.${uuid}`, 'notes.txt', 'x.json']) {
    writeFileSync(join(dir, name), '');
  }
  const old = Date.now() / 1000 - 25 * 60 * 60;
  for (const name of [`draft.1.json.${uuid}`, 'notes.txt']) utimesSync(join(dir, name), old, old);
  expect(removeDeadLeases(dir, (key) => key !== 'kept')).toBe(5);
  expect(readdirSync(dir).toSorted()).toEqual(
    ['kept.3.json', 'living.1.json', 'notes.txt', 'x.json', `young.1.json.${uuid}`].toSorted(),
  );
  expect(readLease(dir, 'living')).toMatchObject({ owner: 'me' });
});

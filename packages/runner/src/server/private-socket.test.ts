import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { privateSocket, removeLeftSocket } from './private-socket.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 's-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

const name = `${'0'.repeat(36)}.1`;

describe('privateSocket', () => {
  it('is in the folder of the run, which stays', () => {
    const dir = folder();
    const socket = privateSocket(dir, name);
    expect(socket?.path).toBe(join(dir, 'http'));
    writeFileSync(join(dir, 'http'), '');
    socket?.remove();
    socket?.remove();
    expect([existsSync(join(dir, 'http')), existsSync(dir)]).toEqual([false, true]);
  });

  it.each([['/x'.repeat(60)], [undefined]])('is in a place of its own where the run has %s', (dir) => {
    const place = join(folder(), 'place');
    const socket = privateSocket(dir, name, [place]);
    const path = socket?.path ?? '';
    expect(path.startsWith(place)).toBe(true);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(statSync(place).mode & 0o777).toBe(0o700);
    expect(privateSocket(dir, `${name}2`, [place])?.path).not.toBe(path);
    socket?.remove();
    expect(existsSync(dirname(path))).toBe(false);
  });

  it.each([
    ['is open to others', (path: string) => (mkdirSync(path), chmodSync(path, 0o755))],
    ['leads elsewhere', (path: string) => symlinkSync(folder(), path)],
    ['is a file', (path: string) => writeFileSync(path, '')],
    ['is too long', () => undefined, 'x'.repeat(90)],
  ])('is in the next place where one %s', (_, make, last = 'place') => {
    const place = join(folder(), last);
    make(place);
    expect(privateSocket(undefined, name, [place])).toBeNull();
    const next = join(folder(), 'next');
    expect(dirname(dirname(privateSocket(undefined, name, [place, next])?.path ?? ''))).toBe(next);
  });
});

describe('removeLeftSocket', () => {
  it('removes the folder of the run it is told of, and nothing else', () => {
    const place = folder();
    const [path = '', other = ''] = [name, 'other'].map(
      (each) => privateSocket(undefined, each, [place])?.path,
    );
    writeFileSync(path, '');
    for (const wrong of [other, dirname(path), place]) removeLeftSocket(wrong, name);
    expect([existsSync(path), existsSync(dirname(other))]).toEqual([true, true]);
    removeLeftSocket(path, name);
    removeLeftSocket(path, name);
    expect([existsSync(dirname(path)), existsSync(dirname(other))]).toEqual([false, true]);
  });
});

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

import { privateSocket } from './private-socket.ts';

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

  it.each([['/x'.repeat(60)], [undefined]])('is among the temporary files where the run has %s', (dir) => {
    const temporary = folder();
    const socket = privateSocket(dir, name, temporary);
    const path = socket?.path ?? '';
    expect(path.startsWith(temporary)).toBe(true);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(statSync(dirname(dirname(path))).mode & 0o777).toBe(0o700);
    socket?.remove();
    expect(existsSync(dirname(path))).toBe(false);
  });

  it.each([
    ['is open to others', (path: string) => (mkdirSync(path), chmodSync(path, 0o755))],
    ['leads elsewhere', (path: string) => symlinkSync(folder(), path)],
    ['is a file', (path: string) => writeFileSync(path, '')],
  ])('is none where the folder among the temporary files %s', (_, make) => {
    const temporary = folder();
    make(join(temporary, `project-runner-${process.getuid?.()}`));
    expect(privateSocket(undefined, name, temporary)).toBeNull();
  });

  it('is none where no path is short enough', () => {
    expect(privateSocket(undefined, name, '/x'.repeat(40))).toBeNull();
  });
});

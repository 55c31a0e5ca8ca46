import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { socketPlaces } from './socket-places.ts';

const temporary = join(tmpdir(), `project-runner-${process.getuid?.()}`);

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 's-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

describe('socketPlaces', () => {
  it('is beside the state, else in the session of the user, else among the temporary files', () => {
    const session = folder();
    const own = join(session, 'project-runner');
    expect(socketPlaces('/state/s', { XDG_RUNTIME_DIR: session })).toEqual(['/state/s', own, temporary]);
    expect(socketPlaces(undefined, {})).toEqual([temporary]);
  });

  it.each([
    ['is open to others', (dir: string) => (chmodSync(dir, 0o755), dir)],
    ['is not there', (dir: string) => join(dir, 'gone')],
    ['leads elsewhere', (dir: string) => (symlinkSync(dir, join(dir, 'link')), join(dir, 'link'))],
    ['is relative', (dir: string) => relative(process.cwd(), dir)],
    ['is empty', () => ''],
  ])('leaves a session out that %s', (_, make) => {
    expect(socketPlaces(undefined, { XDG_RUNTIME_DIR: make(folder()) })).toEqual([temporary]);
  });
});

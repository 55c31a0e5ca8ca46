import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { removeOldBuilds } from './remove-old-builds.ts';

function makeBuild(dir: string, time: number): string {
  const id = randomUUID();
  mkdirSync(join(dir, id));
  writeFileSync(join(dir, id, 'index.js'), '');
  for (const suffix of ['.log', '.release.json']) writeFileSync(join(dir, id + suffix), '');
  for (const suffix of ['', '.log', '.release.json']) utimesSync(join(dir, id + suffix), time, time);
  return id;
}

describe('removeOldBuilds', () => {
  it('keeps the newest three, the current one among them, and what is no build', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cli-old-builds-'));
    // The current one looks oldest: it stays whatever the clock says.
    const current = makeBuild(dir, 1);
    const [oldest = '', old = '', recent = '', newest = ''] = [10, 20, 30, 40].map((time) =>
      makeBuild(dir, time),
    );
    writeFileSync(join(dir, 'notes.txt'), '');
    expect((await removeOldBuilds(dir, current)).sort()).toEqual([oldest, old].sort());
    const left = [current, recent, newest].flatMap((id) => [id, `${id}.log`, `${id}.release.json`]);
    expect(readdirSync(dir).sort()).toEqual([...left, 'notes.txt'].sort());
  });

  it('removes nothing of three', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cli-old-builds-'));
    const [current = ''] = [1, 2, 3].map((time) => makeBuild(dir, time));
    expect(await removeOldBuilds(dir, current)).toEqual([]);
  });
});

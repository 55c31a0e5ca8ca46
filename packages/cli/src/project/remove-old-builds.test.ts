import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { keepBuild, removeOldBuilds } from './remove-old-builds.ts';

const module = new URL('remove-old-builds.ts', import.meta.url).href;

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

  it('removes none that another process uses, until that is gone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cli-old-builds-'));
    const [used = '', , , current = ''] = [1, 2, 3, 4].map((time) => makeBuild(dir, time));
    const script = `const { keepBuild } = await import(${JSON.stringify(module)});
      keepBuild(${JSON.stringify(dir)}, '${used}');
      // With a listener for messages it stays until it is killed.
      process.on('message', () => {}).send('kept');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    expect(await removeOldBuilds(dir, current)).toEqual([]);
    expect(existsSync(join(dir, used, 'index.js'))).toBe(true);

    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await removeOldBuilds(dir, current)).toEqual([used]);
    expect(readdirSync(dir).filter((name) => name.startsWith(used))).toEqual([]);
  });

  it('removes one that is no longer in use', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cli-old-builds-'));
    const [old = '', , , current = ''] = [1, 2, 3, 4].map((time) => makeBuild(dir, time));
    const done = keepBuild(dir, old);
    expect(await removeOldBuilds(dir, current)).toEqual([]);
    done();
    expect(await removeOldBuilds(dir, current)).toEqual([old]);
  });
});

it('keepBuild does not mind a folder that cannot be made', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'cli-old-builds-')), 'file');
  writeFileSync(file, '');
  expect(keepBuild(file, randomUUID())).not.toThrow();
});

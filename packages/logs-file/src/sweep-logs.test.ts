import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { logsFile } from './index.ts';
import type { LogsFileOptions } from './index.ts';

const dayMs = 24 * 60 * 60 * 1000;
const daysAgo = (days: number): Date => new Date(Date.now() - days * dayMs);
const segment = '000000000001.log';
const line = '2026-01-23T12:00:00.000Z stdout F text\n';

function logsDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sweep-logs-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A log as a server that ended so many days ago left it. */
function log(dir: string, serverId: string, days: number, more: readonly string[] = []): void {
  mkdirSync(join(dir, serverId));
  for (const name of [segment, ...more]) {
    writeFileSync(join(dir, serverId, name), line);
    utimesSync(join(dir, serverId, name), daysAgo(days), daysAgo(days));
  }
  symlinkSync(segment, join(dir, serverId, 'current.log'));
  utimesSync(join(dir, serverId), daysAgo(days), daysAgo(days));
}

/** A sink, and what it told its logger. */
function sink(dir: string, options: Partial<LogsFileOptions> = {}) {
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const plugin = logsFile({ dir, logger: { info: say, warn: say }, ...options });
  const open = async (serverId = 'new') =>
    plugin.open({ serverId, deploymentId: 'd', projectId: 'p', buildId: 'b' });
  return { open, said };
}

const names = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => !name.endsWith('~'))
    .toSorted();

describe('logs of ended servers', () => {
  it('go when nothing was written to them for 30 days', async () => {
    const dir = logsDir();
    log(dir, 'old', 31, ['000000000002.log.gz', 'owner.json']);
    log(dir, 'young', 29);
    log(dir, 'written', 31);
    // Appending changes the file's time alone.
    utimesSync(join(dir, 'written', segment), daysAgo(1), daysAgo(1));
    const { open, said } = sink(dir);
    const writer = await open();
    await expect.poll(() => said).toEqual([`Removed logs of ended servers from ${dir}: 1`]);
    expect(names(dir)).toEqual(['written', 'young']);
    await writer.close();
  });

  it('stay longer or for good where the option says so', async () => {
    const dir = logsDir();
    log(dir, 'a', 40);
    log(dir, 'b', 60);
    await (await sink(dir, { keepEndedDays: Number.POSITIVE_INFINITY }).open()).close();
    // It finds all of the day's work undone.
    const { open, said } = sink(dir, { keepEndedDays: 50 });
    await (await open()).close();
    await expect.poll(() => said).toEqual([`Removed logs of ended servers from ${dir}: 1`]);
    expect(names(dir)).toEqual(['a']);
  });

  it('are none of servers that run, here or elsewhere, nor what other programs keep there', async () => {
    const dir = logsDir();
    for (const id of ['ended', 'open', 'elsewhere']) log(dir, id, 31);
    log(dir, 'has-more', 31, ['access.log']);
    mkdirSync(join(dir, 'nginx'));
    writeFileSync(join(dir, 'nginx', 'access.log'), '');
    mkdirSync(join(dir, 'of-folders', '000000000001.log'), { recursive: true });
    for (const path of ['nginx/access.log', 'nginx', 'of-folders/000000000001.log', 'of-folders'])
      utimesSync(join(dir, path), 0, 0);
    const { open, said } = sink(dir, { isRunning: (id) => id === 'elsewhere' });
    const writer = await open('open');
    await expect.poll(() => said).toEqual([`Removed logs of ended servers from ${dir}: 1`]);
    expect(names(dir)).toEqual(['elsewhere', 'has-more', 'nginx', 'of-folders', 'open']);
    // Another runner that shares the folder sees that it is in use.
    expect(statSync(join(dir, 'open')).mtimeMs).toBeGreaterThan(daysAgo(1).getTime());
    expect(readFileSync(join(dir, 'open', segment), 'utf8')).toBe(line);
    await writer.close();
  });

  it('are looked for once a day, by one of all runners', async () => {
    const dir = logsDir();
    log(dir, 'a', 31);
    const first = sink(dir);
    await first.open();
    await expect.poll(() => first.said).toHaveLength(1);
    log(dir, 'b', 31);
    await first.open();
    const second = sink(dir);
    const stamp = join(dir, 'last-sweep~');
    await second.open('other');
    // A third that comes a day later finds it.
    utimesSync(stamp, daysAgo(2), daysAgo(2));
    const third = sink(dir);
    await third.open('third');
    await expect.poll(() => third.said).toHaveLength(1);
    expect([first.said.length, second.said]).toEqual([1, []]);
    expect(statSync(stamp).mtimeMs).toBeGreaterThan(daysAgo(1).getTime());
    expect(names(dir)).toEqual([]);
  });

  it('go from a runner that lives on, too, where its own servers are silent', async () => {
    const dir = logsDir();
    log(dir, 'silent', 1);
    log(dir, 'ended-long-ago', 31);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { open, said } = sink(dir, { keepEndedDays: 2 });
    const writer = await open('silent');
    // The first sweep is over; a second one would not begin beside it.
    await vi.waitFor(() => expect(said).toHaveLength(1), 15_000);
    log(dir, 'ended', 1.5);
    vi.advanceTimersByTime(dayMs);
    await vi.waitFor(() => expect(said).toHaveLength(2), 15_000);
    expect(names(dir)).toEqual(['silent']);
    await writer.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that cannot be removed are told of, and harm nobody', async () => {
    const file = join(logsDir(), 'file');
    writeFileSync(file, '');
    const { open, said } = sink(file);
    await expect(open()).rejects.toThrow('ENOTDIR');
    await expect.poll(() => said).toEqual([`Logs of ended servers could not be removed from ${file}`]);
  });

  it.each([0, -1, Number.NaN, '30'])('refuses to keep them for %s days', (days) => {
    expect(() => logsFile({ dir: logsDir(), keepEndedDays: days as number })).toThrow(
      'keepEndedDays must be a number of days above 0, or Infinity',
    );
  });
});

import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { takeLease, thisProcess } from '@project-runner/leases';
import { describe, expect, it, onTestFinished } from 'vitest';

import { tidyStateDir } from './tidy-state-dir.ts';

const dayMs = 24 * 60 * 60 * 1000;
const daysAgo = (days: number): number => Date.now() - days * dayMs;

function fresh(): { dir: string; tidy(): Promise<string[]> } {
  const dir = mkdtempSync(join(tmpdir(), 'tidy-state-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const logger = { debug: say, info: say, warn: say, error: say };
  return { dir, tidy: async () => (await tidyStateDir(dir, logger), said) };
}

describe('tidyStateDir', () => {
  it('keeps the newest 20 damaged states of the last 30 days, by when they were set aside', async () => {
    const { dir, tidy } = fresh();
    const aside = (server: number, days: number): string => {
      const name = `server-${server}.${Math.round(daysAgo(days))}`;
      mkdirSync(join(dir, 'damaged', name), { recursive: true });
      writeFileSync(join(dir, 'damaged', name, 'server.json'), '{');
      // A rename leaves a folder the age that it had.
      utimesSync(join(dir, 'damaged', name), 0, 0);
      return name;
    };
    const recent = Array.from({ length: 18 }, (_, index) => aside(index, index + 1));
    aside(100, 31);
    expect(await tidy()).toEqual([]);
    expect(readdirSync(join(dir, 'damaged')).toSorted()).toEqual(recent.toSorted());
    const newer = Array.from({ length: 4 }, (_, index) => aside(200 + index, index / 10));
    expect(await tidy()).toEqual([]);
    expect(readdirSync(join(dir, 'damaged')).toSorted()).toEqual(
      [...newer, ...recent.slice(0, 16)].toSorted(),
    );
  });

  it('forgets who crashed more than 30 days ago', async () => {
    const { dir, tidy } = fresh();
    mkdirSync(join(dir, 'crashed'));
    for (const [name, days] of [
      ['old.json', 31],
      ['young.json', 29],
    ] as const) {
      writeFileSync(join(dir, 'crashed', name), '{}');
      utimesSync(join(dir, 'crashed', name), daysAgo(days) / 1000, daysAgo(days) / 1000);
    }
    expect(await tidy()).toEqual([]);
    expect(readdirSync(join(dir, 'crashed'))).toEqual(['young.json']);
  });

  it('removes owners that are gone, of servers that are', async () => {
    const { dir, tidy } = fresh();
    const owners = join(dir, 'owners');
    takeLease(owners, 'living', 'supervision');
    const dead = JSON.stringify({ ...thisProcess(), startTime: '1', owner: 'supervision', since: '' });
    for (const id of ['gone', 'left']) writeFileSync(join(owners, `${id}.1.json`), dead);
    mkdirSync(join(dir, 'servers', 'left'), { recursive: true });
    expect(await tidy()).toEqual([]);
    expect(readdirSync(owners).toSorted()).toEqual(['left.1.json', 'living.1.json']);
  });

  it('is silent about what never was, and tells what it cannot do', async () => {
    const { dir, tidy } = fresh();
    expect(await tidy()).toEqual([]);
    writeFileSync(join(dir, 'damaged'), '');
    mkdirSync(join(dir, 'owners'));
    writeFileSync(join(dir, 'owners', 'damaged.1.json'), '');
    expect(await tidy()).toEqual([`What is left of damaged servers in ${dir} could not be removed`]);
    expect(readdirSync(join(dir, 'owners'))).toEqual([]);
  });
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { writeLogOwner } from './log-owner.ts';
import { removeOldLogs } from './remove-old-logs.ts';

it('keeps the newest ten of the project, those still written, and what is not ours', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cli-old-logs-'));
  const make = async (name: string, time: number, project: string, alive: boolean): Promise<void> => {
    const file = join(dir, name, 'owner.json');
    await writeLogOwner(join(dir, name), project);
    if (!alive) {
      const owner = JSON.parse(readFileSync(file, 'utf8')) as object;
      writeFileSync(file, JSON.stringify({ ...owner, pid: 2 ** 30, startTime: '1' }));
    }
    for (const path of [file, join(dir, name)]) utimesSync(path, time, time);
  };
  for (let time = 1; time <= 12; time += 1) await make(`log-${time}`, time, '/mine', false);
  await make('running', 0, '/mine', true);
  await make('other', 0, '/other', false);
  await mkdir(join(dir, 'of-a-host'));
  expect(await removeOldLogs(dir, '/mine')).toBe(2);
  const left = Array.from({ length: 10 }, (_, index) => `log-${index + 3}`);
  expect(readdirSync(dir).sort()).toEqual([...left, 'of-a-host', 'other', 'running'].sort());
  expect(existsSync(join(dir, 'log-12/owner.json'))).toBe(true);
});

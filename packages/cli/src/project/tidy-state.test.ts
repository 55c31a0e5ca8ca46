import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { tidyState } from './tidy-state.ts';

it('says what it removed, is silent about nothing, and never throws', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cli-tidy-'));
  const said: string[] = [];
  const log = (message: string): void => void said.push(message);
  const logger = { debug: log, info: log, warn: log, error: log };
  const tidy = (buildsDir: string): Promise<void> =>
    tidyState({ buildsDir, buildId: randomUUID(), logsDir: join(dir, 'none'), projectDir: '/p', logger });
  await tidy(join(dir, 'nowhere'));
  expect(said).toEqual([]);
  for (let build = 0; build < 3; build += 1) mkdirSync(join(dir, randomUUID()));
  await tidy(dir);
  expect(said).toEqual(['Removed 1 older build']);
  writeFileSync(join(dir, 'file'), '');
  await tidy(join(dir, 'file'));
  expect(said[1]).toMatch(/^Older builds in .*file could not be removed: Error: ENOTDIR/);
});

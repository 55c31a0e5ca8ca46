import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { tidyState } from './tidy-state.ts';

it('is silent about nothing, says what does not work, and never throws', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cli-tidy-'));
  const said: string[] = [];
  const log = (message: string): void => void said.push(message);
  const logger = { debug: log, info: log, warn: log, error: log };
  const tidy = (logsDir: string | null): Promise<void> => tidyState({ logsDir, projectDir: '/p', logger });
  await tidy(null);
  await tidy(join(dir, 'nowhere'));
  expect(said).toEqual([]);
  writeFileSync(join(dir, 'file'), '');
  await tidy(join(dir, 'file'));
  expect(said[0]).toMatch(/^Older logs in .*file could not be removed: Error: ENOTDIR/);
});

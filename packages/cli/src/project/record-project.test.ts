import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { recordProject } from './record-project.ts';

it('writes each project once', async () => {
  const dir = join(mkdtempSync(join(tmpdir(), 'cli-record-')), 'state');
  for (const project of ['/a', '/b', '/a']) await recordProject(dir, project);
  expect(readFileSync(join(dir, 'projects.txt'), 'utf8')).toBe('/a\n/b\n');
});

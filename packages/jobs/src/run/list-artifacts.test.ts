import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { listArtifacts } from './list-artifacts.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'artifacts-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it('lists nothing where a link, or a file, is in place of the folder', async () => {
  const dir = folder();
  mkdirSync(join(dir, 'elsewhere'));
  writeFileSync(join(dir, 'elsewhere', 'secret'), 'not of the job');
  symlinkSync(join(dir, 'elsewhere'), join(dir, 'output'));
  writeFileSync(join(dir, 'file'), '');
  expect(await listArtifacts(join(dir, 'elsewhere'))).toHaveLength(1);
  for (const name of ['output', 'file', 'missing']) expect(await listArtifacts(join(dir, name))).toEqual([]);
});

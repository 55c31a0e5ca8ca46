import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { compareReports } from './compare-reports.mjs';

function packageWith(root: string, types: string): string {
  const dir = join(root, 'packages/thing');
  mkdirSync(join(dir, 'dist'), { recursive: true });
  writeFileSync(join(dir, 'package.json'), '{"name":"@scope/thing","version":"1.0.0","type":"module"}');
  writeFileSync(join(dir, 'dist/index.d.ts'), types);
  return dir;
}

const before = `interface Hidden { size: number }
/** Uses it. */
export declare function use(thing: Hidden): void;
`;

it('tells every change of what a package exports until its report is written', () => {
  const root = mkdtempSync(join(tmpdir(), 'reports-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const reports = join(root, 'api');
  const file = join(reports, 'thing.api.md');
  const compare = (types: string, isWriting = false) =>
    compareReports({ packages: [packageWith(root, types)], reports, isWriting });

  expect(compare(before)).toMatchObject([{ file, before: null }]);
  expect(existsSync(file)).toBe(false);
  compare(before, true);
  expect(readFileSync(file, 'utf8')).toContain('export function use(thing: Hidden): void;');

  writeFileSync(join(reports, 'gone.api.md'), 'of a package that is gone');
  // What is said of it in words may change.
  expect(compare(before.replace('Uses it', 'Makes use of it'))).toEqual([
    { file: join(reports, 'gone.api.md'), before: 'of a package that is gone', after: null },
  ]);

  const [change] = compare(before.replace('size: number', 'size: number | null'));
  expect(change?.before).toContain('size: number }');
  expect(change?.after).toContain('size: number | null }');
}, 60_000);

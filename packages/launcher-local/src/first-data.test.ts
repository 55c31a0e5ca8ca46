import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { firstData } from './first-data.ts';

/** A file that begins with so many zeros. */
function fileWithHole(hole: number, text: string): number {
  const dir = mkdtempSync(join(tmpdir(), 'hole-'));
  const fd = openSync(join(dir, 'file'), 'w+');
  onTestFinished(() => {
    closeSync(fd);
    rmSync(dir, { recursive: true });
  });
  ftruncateSync(fd, hole);
  writeSync(fd, text, hole);
  return fd;
}

it.each([4096, 4097, 8191, 12_288, 1_000_000, 5 * 1024 ** 3 + 123])(
  'finds the data behind a hole of %d bytes, to the byte',
  (hole) => {
    const fd = fileWithHole(hole, 'the first line\n'.repeat(1000));
    for (const from of [0, 1, 100].filter((place) => place < hole - 4096).concat(hole - 4096)) {
      expect(firstData(fd, from)).toBe(hole);
    }
    expect(firstData(fd, hole)).toBe(hole);
    expect(firstData(fd, hole + 7)).toBe(hole + 7);
  },
);

it('passes over no data, no short run of zeros and nothing behind the end', () => {
  const fd = fileWithHole(0, `text${'\0'.repeat(5000)}text`);
  expect(firstData(fd, 0)).toBe(0);
  expect(firstData(fileWithHole(100, 'text'), 0)).toBe(0);
  expect(firstData(fd, 9000)).toBe(9000);
  expect(firstData(fileWithHole(10_000, ''), 0)).toBe(10_000);
});

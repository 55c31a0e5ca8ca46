import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { keepTail } from './keep-tail.ts';
import type { Tail } from './keep-tail.ts';

function tail(limitBytes: number, tailBytes: number): { tail: Tail; again(): Tail; released: number[] } {
  const dir = mkdtempSync(join(tmpdir(), 'tail-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const released: number[] = [];
  const open = (): Tail =>
    keepTail({ file: join(dir, 'tail'), limitBytes, tailBytes, release: (end) => released.push(end) });
  return { tail: open(), again: open, released };
}

/** In pieces that fit nothing. */
function feed(target: Tail, text: string, from = 0): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 700) {
    const chunk = bytes.subarray(at, at + 700);
    target.take(chunk, from + at + chunk.length);
  }
}

it('keeps all up to its limit, and the end of what is longer', () => {
  const { tail: kept } = tail(3000, 1000);
  const text = '0123456789'.repeat(300);
  feed(kept, text);
  expect(kept.text()).toBe(text);
  expect(kept.isWhole()).toBe(true);
  kept.take(Buffer.from('!'), 3001);
  expect(kept.isWhole()).toBe(false);
  expect(kept.text()).toBe(`[… 2001 bytes before this are not kept]\n${`${text}!`.slice(-1000)}`);
});

it('cuts one large chunk, too, and no character', () => {
  const { tail: kept } = tail(10, 10);
  kept.take(Buffer.from('ü'.repeat(8)), 16);
  expect(kept.text()).toBe('[… 6 bytes before this are not kept]\nüüüüü');
  kept.take(Buffer.from('x'), 17);
  expect(kept.text()).toBe('[… 7 bytes before this are not kept]\nüüüüx');
});

it('gives space back when the end is kept elsewhere, for whoever comes next', () => {
  const { tail: kept, again, released } = tail(1000, 1000);
  const block = Buffer.alloc(1024 * 1024, 'x');
  for (let count = 1; count <= 40; count += 1) kept.take(block, count * block.length);
  expect(released).toEqual([16 * 1024 * 1024, 32 * 1024 * 1024]);
  const next = again();
  expect(next.from).toBe(32 * 1024 * 1024);
  next.take(Buffer.from('the end'), next.from + 7);
  expect(next.text()).toBe(
    `[… ${next.from + 7 - 1000} bytes before this are not kept]\n${'x'.repeat(993)}the end`,
  );
});

it('knows what was given up', () => {
  const { tail: kept } = tail(1000, 1000);
  kept.take(Buffer.from('begin'), 5);
  kept.drop(100);
  kept.take(Buffer.from('end'), 103);
  expect(kept.isWhole()).toBe(false);
  expect(kept.text()).toBe('[… 100 bytes before this are not kept]\nend');
});

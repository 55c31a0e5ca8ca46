import { expect, it } from 'vitest';

import { createLineTail } from './line-tail.ts';

it.each([
  [{ lines: 3, chars: 100 }, ['a', 'b', 'c', 'd', 'e', 'f', 'g'], 'e\nf\ng', 4],
  [{ lines: 3, chars: 100 }, ['a', 'b'], 'a\nb', 0],
  [{ lines: 3, chars: 100 }, ['', '', '', ''], '\n\n', 1],
  [{ lines: 100, chars: 5 }, ['aaa', 'bbb', 'cc'], 'bbb\ncc', 1],
  [{ lines: 100, chars: 5 }, ['a', '123456789'], '56789', 1],
  [{ lines: 2, chars: 4 }, ['aaaa', 'b', 'b', 'b'], 'b\nb', 2],
  [{ lines: 2, chars: 4 }, [], '', 0],
])('of at most %j keeps the end of %j', (limits, lines, text, dropped) => {
  const tail = createLineTail(limits);
  for (const line of lines) tail.push(line);
  expect(tail.read()).toEqual({ text, dropped });
});

it('counts what it drops over many cuts and reads', () => {
  const tail = createLineTail({ lines: 10, chars: 40 });
  for (let line = 0; line < 1000; line += 1) {
    tail.push(`line ${line}`.padEnd(line % 7));
    if (line % 100 === 0) tail.read();
  }
  const { text, dropped } = tail.read();
  expect(text.split('\n').length + dropped).toBe(1000);
  expect(text.length).toBeLessThanOrEqual(50);
  expect(text.endsWith('line 999')).toBe(true);
});

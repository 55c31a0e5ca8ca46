import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLineSplitter } from './line-splitter.ts';

interface Part {
  bytes: Buffer;
  count: number;
  partial: boolean;
}

function split(chunks: readonly Uint8Array[], maxLineBytes?: number): Part[] {
  const parts: Part[] = [];
  const splitter = createLineSplitter({
    ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
    onLines: (bytes, count, partial) => parts.push({ bytes: Buffer.from(bytes), count, partial }),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return parts;
}

/** Lines as latin1, which keeps every byte; parts of a long line put together again. */
function whole(parts: readonly Part[]): string[] {
  const lines: string[] = [];
  let open = '';
  for (const { bytes, count, partial } of parts) {
    const texts = bytes.toString('latin1').split('\n');
    expect(texts.pop()).toBe('');
    expect(texts.length).toBe(count);
    const first = open + (texts[0] ?? '');
    if (partial) open = first;
    else {
      lines.push(first, ...texts.slice(1));
      open = '';
    }
  }
  expect(open).toBe('');
  return lines;
}

function naive(bytes: Buffer): string[] {
  const texts = bytes.toString('latin1').split('\n');
  const last = texts.pop() ?? '';
  const lines = texts.map((text) => text.replace(/\r$/, ''));
  return last === '' ? lines : [...lines, last];
}

const text = (...texts: string[]): Buffer[] => texts.map((each) => Buffer.from(each));
const shown = (parts: readonly Part[]): string[] =>
  parts.map(({ bytes, partial }) => `${partial ? '+' : ''}${bytes.toString()}`);

describe('createLineSplitter', () => {
  it('gives the lines of a naive split, for any bytes in any chunks and any limit', () => {
    const byte = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x61), fc.integer({ min: 0, max: 255 }));
    const chunk = fc.array(byte, { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), fc.integer({ min: 1, max: 30 }), (chunks, limit) => {
        const bytes = Buffer.concat(chunks);
        expect(whole(split(chunks))).toEqual(naive(bytes));
        const limited = split(chunks, limit);
        expect(whole(limited)).toEqual(naive(bytes));
        for (const part of limited.flatMap((each) => each.bytes.toString('latin1').split('\n'))) {
          expect(part.length).toBeLessThanOrEqual(limit);
        }
        // How the output was cut into chunks does not show.
        const flat = (parts: readonly Part[]): string =>
          parts
            .map((each) => `${each.partial}`.repeat(Number(each.partial)) + each.bytes.toString('latin1'))
            .join('');
        expect(flat(limited)).toBe(flat(split([bytes], limit)));
      }),
      { numRuns: 500 },
    );
  });

  it('passes the whole lines of a chunk on in one call, as a view', () => {
    const chunk = Buffer.from('one\ntwo\nthr');
    const calls: Uint8Array[] = [];
    const splitter = createLineSplitter({ onLines: (bytes) => calls.push(bytes) });
    splitter.push(chunk);
    expect(calls.map(String)).toEqual(['one\ntwo\n']);
    expect(calls[0]?.buffer).toBe(chunk.buffer);
  });

  it('cuts a long line between characters only', () => {
    const line = '€'.repeat(20);
    const parts = split(text(`${line}\n`), 10);
    expect(parts.every(({ bytes }) => !bytes.toString().includes('\ufffd'))).toBe(true);
    expect(parts.map(({ partial }) => partial)).toEqual([true, true, true, true, true, true, false]);
  });

  it('cuts a line that never ends while it comes', () => {
    const parts: string[] = [];
    const splitter = createLineSplitter({ maxLineBytes: 4, onLines: (bytes) => parts.push(String(bytes)) });
    for (const letter of 'abcdefghij') splitter.push(Buffer.from(letter));
    expect(parts).toEqual(['abcd\n', 'efgh\n']);
  });

  it('does not take the \\r of a line ending for a byte over the limit', () => {
    expect(shown(split(text('abcd\r\n'), 4))).toEqual(['abcd\n']);
    expect(shown(split(text('abcd\r', '\nx\r\n'), 4))).toEqual(['abcd\nx\n']);
    expect(shown(split(text('abcdefgh\r\n'), 4))).toEqual(['+abcd\n', 'efgh\n']);
  });

  it('keeps a \\r that ends no line', () => {
    expect(shown(split(text('a\rb\nc\r')))).toEqual(['a\rb\n', 'c\r\n']);
  });
});

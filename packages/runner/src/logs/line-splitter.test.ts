import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLineSplitter } from './line-splitter.ts';

function split(
  chunks: readonly Uint8Array[],
  maxLineBytes?: number,
): { lines: Buffer[]; partials: number; counted: number } {
  const lines: Buffer[] = [];
  let partials = 0;
  let counted = 0;
  let open: Buffer | null = null;
  const splitter = createLineSplitter({
    ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
    onLines(bytes, count, partial) {
      counted += count;
      const texts = splitWhole(Buffer.from(bytes).subarray(0, -1));
      texts.forEach((text, index) => {
        const line: Buffer = open ? Buffer.concat([open, text]) : text;
        open = partial && index === texts.length - 1 ? line : null;
        if (open) partials += 1;
        else lines.push(line);
      });
    },
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, partials, counted };
}

function splitWhole(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return [...lines, bytes.subarray(from)];
}

/** The plain way: everything in one buffer. */
function naive(bytes: Buffer): Buffer[] {
  if (bytes.length === 0) return [];
  const lines = splitWhole(bytes);
  const ended = bytes.at(-1) === 10;
  const last = lines.length - 1;
  return (ended ? lines.slice(0, -1) : lines).map((line, index) =>
    (ended || index < last) && line.at(-1) === 13 ? line.subarray(0, -1) : line,
  );
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) =>
  // Line endings often, so that they fall on every border.
  array.map((byte) => (byte < 60 ? 10 : byte < 90 ? 13 : byte)),
);

describe('createLineSplitter', () => {
  it('gives back the same lines for any bytes in any chunks', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), (chunks) => {
        const whole = Buffer.concat(chunks);
        // A `\r` that ends the output without a `\n` is text.
        const { lines, counted } = split(chunks);
        expect(lines.map(String)).toEqual(naive(whole).map(String));
        expect(counted).toBe(lines.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('passes long lines on in parts that are the line again', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), fc.integer({ min: 4, max: 40 }), (chunks, limit) => {
        expect(split(chunks, limit).lines.map(String)).toEqual(naive(Buffer.concat(chunks)).map(String));
      }),
      { numRuns: 1000 },
    );
  });

  it('cuts no character of a long line', () => {
    const parts: string[] = [];
    const splitter = createLineSplitter({
      maxLineBytes: 10,
      onLines: (part) => parts.push(Buffer.from(part).toString()),
    });
    splitter.push(Buffer.from('ü'.repeat(30)));
    splitter.end();
    expect(parts.join('')).not.toContain('\uFFFD');
    expect(parts.join('').replaceAll('\n', '')).toBe('ü'.repeat(30));
  });
});

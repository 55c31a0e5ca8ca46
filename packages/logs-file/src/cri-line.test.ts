import fc from 'fast-check';
import { expect, it } from 'vitest';

import { formatBatch, numberInTag, parseLine, roomFor } from './cri-line.ts';

const time = new Date('2026-01-23T12:00:00.000Z');

function formatted(
  lines: readonly Buffer[],
  options: { partial: boolean; number?: number; room: number },
): Buffer {
  const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  // Not at the beginning of its memory.
  const shifted = Buffer.concat([Buffer.from('?'), bytes, Buffer.from('?\n')]).subarray(1, 1 + bytes.length);
  const batch = {
    stream: 'stderr' as const,
    time,
    bytes: shifted,
    count: lines.length,
    sequence: 1,
    partial: options.partial,
  };
  const memory = Buffer.alloc(Math.max(400, Math.floor(roomFor(batch) * options.room)));
  const pieces = Array.from(formatBatch(batch, options.number, memory), (piece) => Buffer.from(piece));
  expect(options.room < 1 || pieces.length === 1).toBe(true);
  return Buffer.concat(pieces);
}

it('puts the prefix before each line and changes no byte, whatever the lines and the memory', () => {
  const byte = fc
    .oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x0d, 0x8a, 0x0b, 0x09))
    .map((b) => (b === 10 ? 11 : b));
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.array(byte, { maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 2,
      arbitrary: fc.tuple(byte, fc.integer({ min: 0, max: 700 })).map(([b, n]) => Buffer.alloc(n, b)),
    },
  );
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { nil: undefined }),
      fc.constantFrom(0.1, 0.5, 1, 2),
      (lines, partial, number, room) => {
        const wanted = lines.map((text, index) => {
          const tag = partial && index === lines.length - 1 ? 'P' : 'F';
          const note = index === 0 && number !== undefined ? `:${number}` : '';
          return Buffer.concat([
            Buffer.from(`2026-01-23T12:00:00.000Z stderr ${tag}${note} `),
            text,
            Buffer.from('\n'),
          ]);
        });
        const found = formatted(lines, { partial, room, ...(number === undefined ? {} : { number }) });
        expect(found.equals(Buffer.concat(wanted))).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});

it('is read again as it was written', () => {
  const bytes = formatted([Buffer.from('one ✓'), Buffer.from('two')], { partial: true, number: 41, room: 1 });
  const second = bytes.indexOf('\n') + 1;
  expect(numberInTag(bytes, 0)).toBe(41);
  expect(numberInTag(bytes, second)).toBeNull();
  expect(parseLine(bytes.subarray(0, second - 1), 41)).toEqual({
    sequence: 41,
    time,
    stream: 'stderr',
    text: 'one ✓',
  });
  expect(parseLine(bytes.subarray(second, -1), 42)).toEqual({
    sequence: 42,
    time,
    stream: 'stderr',
    text: 'two',
    partial: true,
  });
});

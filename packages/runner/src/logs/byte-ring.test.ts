import fc from 'fast-check';
import { expect, it } from 'vitest';

import { createByteRing } from './byte-ring.ts';

it('holds what was pushed and not given up, in order, whatever comes and goes', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 40 }).map((length) => ({ length })) },
    { weight: 4, arbitrary: fc.constant('shift' as const) },
    { weight: 1, arbitrary: fc.constant('compact' as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 200 }), (steps, expected) => {
      const ring = createByteRing(expected);
      const wanted: string[] = [];
      for (const [index, one] of steps.entries()) {
        if (one === 'compact') ring.compact();
        else if (one === 'shift') {
          ring.shift();
          wanted.shift();
        } else {
          const piece = String.fromCodePoint(97 + (index % 26)).repeat(one.length);
          ring.push(Buffer.from(piece));
          wanted.push(piece);
        }
        expect(wanted.map((_, at) => ring.at(at).toString())).toEqual(wanted);
        expect(ring.bytes).toBe(wanted.join('').length);
      }
    }),
    { numRuns: 500 },
  );
});

it('takes no new memory for a log that goes on and on', () => {
  const ring = createByteRing(1_000_000);
  const memories = new Set<ArrayBufferLike>();
  for (let index = 0; index < 1000; index += 1) {
    ring.push(Buffer.alloc(1000 + (index % 7) * 100));
    if (index >= 10) ring.shift();
    if (index >= 100) memories.add(ring.at(0).buffer);
  }
  expect(memories.size).toBe(1);
  expect([...memories][0]?.byteLength).toBeLessThan(64_000);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { LatencyHistogram } from './latency-histogram.ts';

it('knows nothing before the first', () => {
  expect(new LatencyHistogram().stats()).toEqual({ p50Ms: null, p99Ms: null, maxMs: null });
});

it('knows quantiles to 8 %, and the largest exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.02, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
      const histogram = new LatencyHistogram();
      for (const value of values) histogram.add(value);
      const { p50Ms, p99Ms, maxMs } = histogram.stats();
      const sorted = values.toSorted((a, b) => a - b);
      const exact = (part: number): number => sorted[Math.ceil(values.length * part) - 1] ?? 0;
      for (const [found, part] of [
        [p50Ms, 0.5],
        [p99Ms, 0.99],
      ] as const) {
        expect((found ?? 0) / exact(part)).toBeGreaterThan(0.999);
        expect((found ?? 0) / exact(part)).toBeLessThan(1.08);
      }
      expect(maxMs).toBe(sorted.at(-1));
    }),
  );
});

it('takes what is out of its range', () => {
  const histogram = new LatencyHistogram();
  for (const value of [0, 1e12]) histogram.add(value);
  expect(histogram.stats()).toMatchObject({ maxMs: 1e12 });
});

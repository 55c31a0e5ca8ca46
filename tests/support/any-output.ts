import type { LogStreamName } from '@project-runner/core';
import fc from 'fast-check';

export const streams: readonly LogStreamName[] = ['stdout', 'stderr'];
const byte = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(0x0a, 0x0d, 0x20, 0x3a, 0x00) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 255 }) },
);
const character = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\n', ' ', ' F ', '\0', '\ufeff', '\u2028', '🏃') },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);
/** Any bytes, and text whose characters are cut anywhere. */
export const output: fc.Arbitrary<Buffer> = fc.oneof(
  fc.array(byte, { maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
  fc.array(character, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))),
);
const chunks = fc
  .record({ bytes: output, cuts: fc.array(fc.nat(150), { maxLength: 10 }) })
  .map(({ bytes, cuts }) => {
    const places = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length].toSorted((a, b) => a - b);
    return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
  });
/** Chunks of both streams in some order. */
export const written: fc.Arbitrary<{ stream: LogStreamName; chunk: Buffer }[]> = fc
  .record({ stdout: chunks, stderr: chunks, order: fc.infiniteStream(fc.boolean()) })
  .map(({ stdout, stderr, order }) => {
    const left = { stdout: [...stdout], stderr: [...stderr] };
    const result: { stream: LogStreamName; chunk: Buffer }[] = [];
    for (const first of order) {
      const stream = (first && left.stdout.length > 0) || left.stderr.length === 0 ? 'stdout' : 'stderr';
      const chunk = left[stream].shift();
      if (!chunk) return result;
      result.push({ stream, chunk });
    }
    return result;
  });

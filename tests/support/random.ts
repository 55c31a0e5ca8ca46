import { onTestFailed } from 'vitest';

/** Numbers from 0 to 1 from a seed, which is printed when the test fails; `PROJECT_RUNNER_SEED` runs it again. */
export function createRandom(): () => number {
  const seed = Number(process.env.PROJECT_RUNNER_SEED ?? Math.trunc(Math.random() * 2 ** 31));
  onTestFailed(() => console.error(`seed: PROJECT_RUNNER_SEED=${seed}`));
  let state = seed;
  // mulberry32, by Tommy Ettinger, in the public domain.
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

import assert from 'node:assert/strict';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

/** What a promise answers, or a failure that says what did not happen: a hang would name nobody. */
export async function within<T>(ms: number, promise: Promise<T>, expected: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `${expected}; waited for ${ms} ms` })),
      ms,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Longer than a launcher may leave output lying that it reads. */
const quietMs = 300;

/** That something never comes can only be waited for: what came in that time has come when this resolves. */
export async function quiet(): Promise<void> {
  await delay(quietMs);
  // A loop that was held up calls back for its timers before it looks what came.
  await turn();
  await turn();
}

import assert from 'node:assert/strict';

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

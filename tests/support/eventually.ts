import { setTimeout as delay } from 'node:timers/promises';

/** Polls until the condition holds; fails with what it last saw. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  holds: (value: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() > deadline)
      throw new Error(`did not happen in ${timeoutMs} ms; last seen: ${JSON.stringify(value)}`);
    await delay(10);
  }
}

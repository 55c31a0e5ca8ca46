import { getEventListeners } from 'node:events';

import { expect, it } from 'vitest';

import { withLimit } from './with-limit.ts';

const aborted = (limit: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (limit.aborted) reject(limit.reason as Error);
    limit.addEventListener('abort', () => reject(limit.reason as Error));
  });

it('ends with the signal, or after its time, and leaves nothing on the signal', async () => {
  const { signal } = new AbortController();
  await expect(withLimit(signal, 5, aborted)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(await withLimit(signal, 1000, () => Promise.resolve(7))).toBe(7);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  const reason = new Error('enough');
  const cancel = new AbortController();
  const cancelled = withLimit(cancel.signal, 1000, aborted);
  cancel.abort(reason);
  await expect(cancelled).rejects.toBe(reason);
  await expect(withLimit(AbortSignal.abort(reason), 1000, aborted)).rejects.toBe(reason);
});

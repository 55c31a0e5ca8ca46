import { describe, expect, it } from 'vitest';

import { activateHeld } from './activate-held.ts';

const never = new AbortController().signal;
const running = { exited: new Promise<never>(() => undefined), exit: () => null };

/** As `ports-held` waits for the answer of a server. */
const hangs = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('activateHeld', () => {
  it('answers null when the server accepts', async () => {
    const held = { activate: () => Promise.resolve() };
    expect(await activateHeld({ held, handle: running, deadlineMs: 1000, signal: never })).toBeNull();
  });

  it('does not wait for ever for a server that hangs', async () => {
    const problem = await activateHeld({
      held: { activate: hangs },
      handle: running,
      deadlineMs: 20,
      signal: never,
    });
    expect(problem).toMatchObject({ reason: 'error', error: { code: 'SERVER_NOT_READY' } });
  });

  it('says of a server that went meanwhile that it exited', async () => {
    const exit = { code: 3, signal: null };
    const held = { activate: () => Promise.reject(new Error('read ECONNRESET')) };
    const handle = { exited: Promise.resolve(exit), exit: () => exit };
    expect(await activateHeld({ held, handle, deadlineMs: 1000, signal: never })).toEqual({
      reason: 'exited',
    });
  });

  it('passes on what is wrong otherwise, and the cancellation', async () => {
    const broken = new Error('no such socket');
    const held = { activate: () => Promise.reject(broken) };
    const options = { handle: running, deadlineMs: 1000 };
    await expect(activateHeld({ ...options, held, signal: never })).rejects.toBe(broken);
    const cancelled = AbortSignal.abort(new Error('enough'));
    const waits = { activate: (signal: AbortSignal) => Promise.reject(signal.reason as Error) };
    await expect(activateHeld({ ...options, held: waits, signal: cancelled })).rejects.toThrowError('enough');
  });
});

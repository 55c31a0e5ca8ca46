import { setTimeout as delay } from 'node:timers/promises';

import { readLease, takeLease } from '@project-runner/leases';

export interface WaitForLeaseOptions {
  signal: AbortSignal;
  /** From one look to the next, in ms. */
  everyMs: number;
  /** Called once where somebody else has it. */
  onWait?(holder: number | null): void;
}

/**
 * Takes a lease as soon as nobody has it, whoever it was: this process, another one, one that was killed. The answer
 * gives it back.
 * @throws the signal's reason when it aborts; Error of the file system
 */
export async function waitForLease(
  dir: string,
  key: string,
  { signal, everyMs, onWait }: WaitForLeaseOptions,
): Promise<() => void> {
  for (let looks = 0; ; looks += 1) {
    signal.throwIfAborted();
    const release = takeLease(dir, key, 'builds');
    if (release) return () => release({ forget: true });
    if (looks === 0) onWait?.(readLease(dir, key)?.pid ?? null);
    // Aborting ends the delay, and the next turn of the loop says why.
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

import type { RunningServer } from '@project-runner/core';

import { originOf } from './origin-of.ts';

/** For the look at a guessed path, in ms. */
const lookTimeoutMs = 60_000;

/**
 * What `--once` asks for where the user does not say: the path of the health probe. Where that was a guess and the
 * server has no such path, which is no reason to call it unwell, its root.
 */
export async function defaultPaths(
  server: Pick<RunningServer, 'host' | 'port'>,
  probed: { path: string; optional: boolean } | null,
  signal: AbortSignal,
): Promise<string[]> {
  const { path, optional } = probed ?? { path: '/health', optional: true };
  if (!optional) return [path];
  try {
    const response = await fetch(originOf(server) + path, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(lookTimeoutMs)]),
    });
    await response.body?.cancel();
    return [404, 405, 501].includes(response.status) ? ['/'] : [path];
  } catch {
    // The request itself will say what is wrong.
    return [path];
  }
}

import { setTimeout as delay } from 'node:timers/promises';

import type { ProbeTarget, ProcessHandle } from '@project-runner/core';

import { probeServer } from './probe-server.ts';
import { probesFor } from './probes-for.ts';
import type { SupervisionContext } from './supervision-context.ts';

export interface WatchLivenessOptions {
  context: SupervisionContext;
  target: ProbeTarget;
  handle: ProcessHandle;
  /** Aborts when the server ends. */
  signal: AbortSignal;
  /** Called once. */
  onFailure(why: string): void;
}

/** Looks at a server again and again, where that is asked for, and tells when it failed too often in a row. */
export function watchLiveness(options: WatchLivenessOptions): void {
  if (!options.context.liveness) return;
  watch(options, options.context.liveness).catch((error: unknown) => {
    options.context.logger.error('Watching the liveness of a server failed', error);
  });
}

async function watch(
  { context, target, handle, signal, onFailure }: WatchLivenessOptions,
  { intervalMs, failures }: NonNullable<SupervisionContext['liveness']>,
): Promise<void> {
  let failed = 0;
  for (;;) {
    try {
      await delay(intervalMs, undefined, { signal, ref: false });
    } catch {
      return;
    }
    const result = await probeServer(
      target,
      probesFor(context.plugins, 'liveness'),
      context.probeTimeoutMs,
    ).catch((error: unknown) => ({ healthy: false, message: String(error) }));
    if (signal.aborted || handle.exit() !== null) return;
    failed = result.healthy ? 0 : failed + 1;
    if (failed >= failures) {
      onFailure(`its liveness probe failed ${failed} times in a row: ${result.message ?? 'unhealthy'}`);
      return;
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@project-runner/core';

import type { ServerSupervisor } from './server-supervisor.ts';
import type { SupervisionContext } from './supervision-context.ts';

export interface RetireReplacedOptions {
  /** Has taken their place. */
  by: ServerSupervisor;
  /** For so long one that is reached at an address of its own serves on, in ms. */
  graceMs: number;
  logger: Logger;
  events: SupervisionContext['events'];
  /** Ends the grace. */
  signal: AbortSignal;
  inBackground(task: Promise<unknown>): void;
}

/**
 * Stops the servers that another one replaces; resolves when those are gone that nobody is to reach any more. Never rejects:
 * the new server has the traffic, and a problem with an old one is not the caller's.
 */
export async function retireReplaced(
  replaced: readonly ServerSupervisor[],
  options: RetireReplacedOptions,
): Promise<void> {
  const { by, graceMs, inBackground } = options;
  await Promise.all(
    replaced.map((each) => {
      each.route.passedOn();
      const isSameAddress = each.server.port === by.server.port && each.server.host === by.server.host;
      if (isSameAddress || graceMs === 0 || each.handle === null) return stop(each, options);
      return inBackground(stopAfter(each, options));
    }),
  );
}

async function stopAfter(replaced: ServerSupervisor, options: RetireReplacedOptions): Promise<void> {
  const { graceMs, signal, by, events } = options;
  const settled = new AbortController();
  // The host may stop either of them meanwhile.
  const onSettled: (event: { server: { id: string } }) => void = ({ server }) => {
    if (server.id === replaced.server.id || server.id === by.server.id) settled.abort();
  };
  events.on('settled', onSettled);
  const over = AbortSignal.any([signal, settled.signal]);
  await delay(graceMs, undefined, { signal: over, ref: false }).catch(() => undefined);
  events.off('settled', onSettled);
  await stop(replaced, options);
}

async function stop(replaced: ServerSupervisor, { logger }: RetireReplacedOptions): Promise<void> {
  try {
    await replaced.stop();
  } catch (error) {
    logger.error(`The replaced server ${replaced.server.id} could not be stopped`, error);
  }
}

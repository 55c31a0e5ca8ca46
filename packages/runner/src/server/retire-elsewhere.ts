import type { RunningServer } from '@project-runner/core';

import type { SupervisionContext } from './supervision-context.ts';

export interface RetireElsewhereOptions {
  context: Pick<SupervisionContext, 'durable' | 'store' | 'logger'>;
  /** Whether this runner has it. */
  isOurs(serverId: string): boolean;
  /** Which of the others. */
  isMeant(server: RunningServer): boolean;
  stop(server: RunningServer): Promise<void>;
}

/** Stops servers that another one replaces and other runners have. Never rejects: that one has the traffic already. */
export async function retireElsewhere({
  context: { durable, store, logger },
  isOurs,
  isMeant,
  stop,
}: RetireElsewhereOptions): Promise<void> {
  for (const id of durable ? store.list() : []) {
    if (isOurs(id)) continue;
    try {
      const stored = store.read(id);
      if (typeof stored === 'object' && isMeant(stored.server)) await stop(stored.server);
    } catch (error) {
      logger.error(`The replaced server ${id} could not be stopped`, error);
    }
  }
}

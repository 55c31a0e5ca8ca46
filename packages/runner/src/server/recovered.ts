import type { Logger } from '@project-runner/core';

import type { ServerSupervisor } from './server-supervisor.ts';

/** A server of an earlier runner. */
export interface Recovered {
  supervisor: ServerSupervisor;
  /** Servers of its deployment that ran before it. */
  replaces: readonly string[];
  /** It runs, its deploy was through, and nobody wanted its end. */
  isToStay: boolean;
  end(): Promise<void>;
}

/**
 * Of each deployment one server stays: the newest whose deploy was through. What it replaced is ended, and so is one
 * that nobody was told of; a route that leads to that one already is led back. Resolves when all that has happened.
 */
export async function sortOut(found: readonly Recovered[], logger: Logger): Promise<void> {
  const replaced = new Set(found.flatMap(({ isToStay, replaces }) => (isToStay ? replaces : [])));
  const goes = found.filter(({ supervisor, isToStay }) => !isToStay || replaced.has(supervisor.server.id));
  const stays = found.filter((each) => !goes.includes(each));
  await Promise.all(
    goes.map(async ({ supervisor, replaces, end }) => {
      try {
        const before = stays.find((each) => replaces.includes(each.supervisor.server.id));
        if (replaced.has(supervisor.server.id)) supervisor.route.passedOn();
        await supervisor.route.giveBack(before?.supervisor.route);
        await end();
      } catch (error) {
        logger.error(`What is left of server ${supervisor.server.id} could not be ended`, error);
      }
    }),
  );
}

import type { EventEmitter } from 'node:events';

import type { Logger, RunnerEvents } from '@project-runner/core';

import { catchLater } from '../catch-later.ts';

const all: Record<keyof RunnerEvents, true> = {
  spawned: true,
  ready: true,
  exited: true,
  restarting: true,
  crashed: true,
  settled: true,
  adopted: true,
  'log-loss': true,
  'build-stage': true,
};

const eventNames: ReadonlySet<string> = new Set(Object.keys(all));

/**
 * The answer ends it. A listener that throws, or answers a promise that rejects, harms nobody.
 * @throws TypeError for a name that is none: a host in JavaScript would never hear of what it waits for
 */
export function listenTo<Name extends keyof RunnerEvents>(
  events: EventEmitter<RunnerEvents>,
  logger: Logger,
  name: Name,
  listener: (...event: RunnerEvents[Name]) => void,
): () => void {
  if (!eventNames.has(name)) {
    throw new TypeError(`There is no event ${JSON.stringify(name)}; there are ${[...eventNames].join(', ')}`);
  }
  const warn = (error: unknown): void => logger.warn(`A listener of "${name}" threw`, error);
  const guarded = (...event: RunnerEvents[Name]): void => {
    try {
      // Typed as one that answers nothing; an async function fits that, too.
      catchLater(listener(...event) as unknown, warn);
    } catch (error) {
      warn(error);
    }
  };
  events.on(name as never, guarded as never);
  return () => void events.off(name as never, guarded as never);
}

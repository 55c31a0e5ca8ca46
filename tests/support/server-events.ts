import type { RunnerEvents, RunningServer } from '@project-runner/core';
import type { LocalProcessRunner } from '@project-runner/runner';

import { eventually } from './eventually.ts';

type ServerEventName = Exclude<keyof RunnerEvents, 'log-loss' | 'build-stage'>;
type EventOf<Name extends ServerEventName> = RunnerEvents[Name][0];

export interface ServerEvents {
  /** Those of that name so far. */
  all<Name extends ServerEventName>(name: Name): EventOf<Name>[];
  /** Waits until there are so many of that name; answers the last of them. */
  next<Name extends ServerEventName>(name: Name, count?: number): Promise<EventOf<Name>>;
  /** Names of all events so far, in order. */
  names(): string[];
}

const eventNames = [
  'spawned',
  'ready',
  'exited',
  'restarting',
  'crashed',
  'settled',
  'adopted',
] as const satisfies ServerEventName[];

/** Records the events of a runner from now on. */
export function recordEvents(runner: LocalProcessRunner): ServerEvents {
  const events: { name: ServerEventName; event: { server: RunningServer } }[] = [];
  for (const name of eventNames) runner.on(name, (event) => events.push({ name, event }));
  const all = <Name extends ServerEventName>(name: Name): EventOf<Name>[] =>
    events.filter((item) => item.name === name).map((item) => item.event as EventOf<Name>);
  return {
    all,
    async next(name, count = 1) {
      const found = await eventually(
        () => all(name),
        (items) => items.length >= count,
        60_000,
      );
      return found[count - 1] as EventOf<typeof name>;
    },
    names: () => events.map(({ name }) => name),
  };
}

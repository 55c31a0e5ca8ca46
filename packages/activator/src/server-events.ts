import type { RunnerEvents, RunningServer } from '@project-runner/core';
import type { LocalProcessRunner } from '@project-runner/runner';

/** Events of the runner that are about one server, by what they tell. */
export type ServerEvent = {
  name: 'spawned' | 'ready' | 'restarting' | 'crashed' | 'exited' | 'settled';
  server: RunningServer;
};

const names = [
  'spawned',
  'ready',
  'restarting',
  'crashed',
  'exited',
  'settled',
] as const satisfies (keyof RunnerEvents)[];

/** Passes on the events of each deployment; the answer ends it. */
export function followServers(
  runner: Pick<LocalProcessRunner, 'on'>,
  heard: (deploymentId: string, event: ServerEvent) => void,
): () => void {
  const ends = names.map((name) =>
    runner.on(name, ({ server }) => heard(server.deploymentId, { name, server })),
  );
  return () => {
    for (const end of ends) end();
  };
}

import { setTimeout as delay } from 'node:timers/promises';

import { untilAccepts } from '../support/accepts.ts';
import { isAlive } from '../support/proc.ts';
import type { RunningTree } from './contestants.ts';

export interface StoppedTree {
  /** From the last exit to the return of stop; negative where it returned before. */
  afterExitMs: number;
  tookMs: number;
  survivors: number;
}

/** What was signalled and not waited for has this long to end before it counts as a survivor. */
const patienceMs = 500;

/** Stops a tree and looks each millisecond which of its processes are there; what survives is killed here. */
export async function stopTree({ port, stop, tidy }: RunningTree): Promise<StoppedTree> {
  await untilAccepts(port);
  const pids = (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as number[];
  const startedAt = performance.now();
  let alive = pids.length;
  let lastExitAt = startedAt;
  const look = (): void => {
    const now = pids.filter(isAlive).length;
    if (now < alive) lastExitAt = performance.now();
    alive = now;
  };
  let returnedAt = Number.POSITIVE_INFINITY;
  const stopping = stop().then(() => {
    returnedAt = performance.now();
  });
  while (alive > 0 ? performance.now() < returnedAt + patienceMs : returnedAt === Number.POSITIVE_INFINITY) {
    look();
    await delay(1);
  }
  await stopping;
  const survivors = pids.filter(isAlive);
  for (const pid of survivors) process.kill(pid, 'SIGKILL');
  await tidy?.();
  return {
    afterExitMs: returnedAt - lastExitAt,
    tookMs: returnedAt - startedAt,
    survivors: survivors.length,
  };
}

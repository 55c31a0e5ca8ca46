import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { BenchResult } from './report.ts';
import { pm2, projectRunner, respawnInExit, server, supervisedBy } from './restart/contestants.ts';
import type { Contestant } from './restart/contestants.ts';
import { median, round } from './statistics.ts';
import { untilAccepts } from './support/accepts.ts';
import { endChild } from './support/end-child.ts';
import { freePort } from './support/free-port.ts';
import { inTurn } from './support/in-turn.ts';

/** s6 and runit wait where a service lived for less than a second. */
const livesMs = 1200;

/** SIGKILL of a server's process to "its port accepts again"; the floor is to spawn it by hand. */
export async function restart(runs = 15): Promise<BenchResult> {
  const peers = {
    PM2: await pm2(),
    s6: await supervisedBy('s6-supervise'),
    runit: await supervisedBy('runsv'),
  };
  const contestants: Contestant[] = [
    await projectRunner(),
    await respawnInExit(),
    ...Object.values(peers).filter((peer) => peer !== null),
  ];
  const spawned = { name: 'bare spawn' };
  let taken: Map<{ name: string }, number[]>;
  try {
    taken = await inTurn<Contestant | typeof spawned, number>([spawned, ...contestants], runs, (contestant) =>
      'serve' in contestant ? crash(contestant) : bareSpawn(),
    );
  } finally {
    for (const contestant of contestants) await contestant.close();
  }
  const of = (name: string): number => median([...taken].find(([found]) => found.name === name)?.[1] ?? []);
  const floor = of('bare spawn');
  return {
    bench: 'restart',
    rows: [...taken].map(([{ name }, times]) => ({
      contestant: name,
      'median ms': round(median(times)),
      'min ms': round(Math.min(...times)),
      'max ms': round(Math.max(...times)),
      'over spawn ms': round(median(times) - floor),
    })),
    goals: [{ name: 'restart-over-spawn-ms', value: round(of('project-runner') - floor), limit: 10 }],
    missing: Object.entries(peers).flatMap(([name, peer]) => (peer ? [] : [name])),
  };
}

async function bareSpawn(): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [server], { env: { PORT: String(port) }, stdio: 'ignore' });
  await untilAccepts(port);
  const took = performance.now() - startedAt;
  await endChild(child);
  return took;
}

async function crash(contestant: Contestant): Promise<number> {
  const { port, done } = await contestant.serve();
  await untilAccepts(port);
  await delay(livesMs);
  const pid = Number(await (await fetch(`http://127.0.0.1:${port}/`)).text());
  const killedAt = performance.now();
  process.kill(pid, 'SIGKILL');
  // It accepts for some moments more.
  await untilAccepts(port, false);
  await untilAccepts(port);
  const took = performance.now() - killedAt;
  await done?.();
  return took;
}

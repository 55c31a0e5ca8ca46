import type { BenchResult } from './report.ts';
import { median, round } from './statistics.ts';
import { childKill, execaKill, pm2, projectRunner, runit, s6, treeKilled } from './stop/contestants.ts';
import type { Contestant } from './stop/contestants.ts';
import { stopTree } from './stop/stop-tree.ts';
import type { StoppedTree } from './stop/stop-tree.ts';
import { inTurn } from './support/in-turn.ts';

/** Two trees: all of it ends at once, and the process that was forked twice takes its time. */
const lingerMs = 200;

/**
 * Stop of a cooperative tree with a process in a session of its own and one that was forked twice: from the last exit to
 * the return of stop, and who survived it.
 */
export async function stop(runs = 15): Promise<BenchResult> {
  const peers = { PM2: await pm2(), s6: s6(), runit: runit() };
  const contestants: Contestant[] = [
    await projectRunner(),
    treeKilled,
    childKill,
    execaKill,
    ...Object.values(peers).filter((peer) => peer !== null),
  ];
  let taken: Map<Contestant, Measured[]>;
  try {
    taken = await inTurn(contestants, runs, async (contestant) => ({
      quick: await stopTree(await contestant.start({})),
      slow: await stopTree(await contestant.start({ LINGER_MS: String(lingerMs) })),
    }));
  } finally {
    for (const contestant of contestants) await contestant.close?.();
  }
  const rows = [...taken].map(([{ name }, runs]) => ({ contestant: name, ...figures(runs) }));
  const ours = rows[0];
  return {
    bench: 'stop',
    rows,
    goals: ours
      ? [
          {
            name: 'stop-after-exit-ms',
            value: Math.max(ours['after exit ms'], ours['after a late exit ms']),
            limit: 20,
          },
          { name: 'stop-survivors', value: ours.survivors, limit: 0 },
        ]
      : [],
    missing: Object.entries(peers).flatMap(([name, peer]) => (peer ? [] : [name])),
  };
}

interface Measured {
  quick: StoppedTree;
  slow: StoppedTree;
}

function figures(runs: readonly Measured[]): {
  'after exit ms': number;
  'after a late exit ms': number;
  'stop took ms': number;
  survivors: number;
} {
  const of = (pick: (run: Measured) => number): number => round(median(runs.map(pick)));
  return {
    'after exit ms': of(({ quick }) => quick.afterExitMs),
    'after a late exit ms': of(({ slow }) => slow.afterExitMs),
    'stop took ms': of(({ quick }) => quick.tookMs),
    survivors: Math.max(...runs.flatMap(({ quick, slow }) => [quick.survivors, slow.survivors])),
  };
}

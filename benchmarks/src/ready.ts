import { bareSpawn, pm2WaitReady, pollEverySecond, projectRunner } from './contestants.ts';
import type { Contestant } from './contestants.ts';
import type { BenchResult } from './report.ts';
import { median, round } from './statistics.ts';
import { inTurn } from './support/in-turn.ts';

/** Start of one tiny server to "reported ready", the contestants in turn, one warm-up each. */
export async function ready(runs = 15): Promise<BenchResult> {
  const pm2 = await pm2WaitReady();
  const contestants: Contestant[] = [
    bareSpawn(),
    await projectRunner(),
    ...(pm2 ? [pm2] : []),
    pollEverySecond(),
  ];
  let times: Map<Contestant, number[]>;
  try {
    times = await inTurn(contestants, runs, (contestant) => contestant.start());
  } finally {
    for (const contestant of contestants) await contestant.close();
  }
  const of = (name: string): number =>
    median([...times].find(([contestant]) => contestant.name === name)?.[1] ?? []);
  const bare = of('bare spawn');
  const ours = of('project-runner');
  return {
    bench: 'ready',
    rows: [...times].map(([{ name }, taken]) => ({
      contestant: name,
      'median ms': round(median(taken)),
      'min ms': round(Math.min(...taken)),
      'max ms': round(Math.max(...taken)),
      'over bare ms': round(median(taken) - bare),
    })),
    goals: [
      { name: 'ready-over-bare-ms', value: round(ours - bare), limit: 10 },
      ...(pm2 ? [{ name: 'ready-over-pm2', value: round(ours / of('PM2 wait_ready'), 2), limit: 0.6 }] : []),
    ],
    missing: pm2 ? [] : ['PM2'],
  };
}

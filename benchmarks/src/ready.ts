import { bareSpawn, pm2WaitReady, pollEverySecond, projectRunner } from './contestants.ts';
import type { Contestant } from './contestants.ts';
import type { BenchResult } from './report.ts';
import { median, round } from './statistics.ts';

const runs = 15;

/** Start of one tiny server to "reported ready", the contestants in turn, one warm-up each. */
export async function ready(): Promise<BenchResult> {
  const pm2 = await pm2WaitReady();
  const contestants: Contestant[] = [
    bareSpawn(),
    await projectRunner(),
    ...(pm2 ? [pm2] : []),
    pollEverySecond(),
  ];
  const times = new Map<Contestant, number[]>(contestants.map((contestant) => [contestant, []]));
  try {
    for (let run = 0; run <= runs; run += 1) {
      for (const contestant of contestants) {
        const took = await contestant.start();
        if (run > 0) times.get(contestant)?.push(took);
      }
    }
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

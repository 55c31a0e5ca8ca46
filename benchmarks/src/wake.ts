import type { BenchResult } from './report.ts';
import { median, round } from './statistics.ts';
import { inTurn } from './support/in-turn.ts';
import { activated, bareSpawn } from './wake/contestants.ts';

/** A request for a project that sleeps, to its answer, beside starting the server by hand and asking it. */
export async function wake(runs = 25): Promise<BenchResult> {
  const contestants = [bareSpawn(), ...(await activated())];
  let times: Map<(typeof contestants)[number], number[]>;
  try {
    times = await inTurn(contestants, runs, (contestant) => contestant.wake(), 2);
  } finally {
    for (const contestant of contestants) await contestant.close();
  }
  const [bare = NaN, ours = NaN] = [...times.values()].map(median);
  return {
    bench: 'wake',
    rows: [...times].map(([{ name }, taken]) => ({
      contestant: name,
      'median ms': round(median(taken)),
      'min ms': round(Math.min(...taken)),
      'max ms': round(Math.max(...taken)),
      'over bare ms': round(median(taken) - bare),
    })),
    goals: [{ name: 'wake-overhead-ms', value: round(ours - bare), limit: 20 }],
    missing: [],
  };
}

import { setTimeout as delay } from 'node:timers/promises';

import { bareParent, pm2, projectRunner } from './memory/contestants.ts';
import type { Contestant, Keeper } from './memory/contestants.ts';
import type { BenchResult } from './report.ts';
import { median, round } from './statistics.ts';
import { inTurn } from './support/in-turn.ts';
import { openPm2 } from './support/pm2.ts';
import { pssMb, rssMb, threadCpuMs } from './support/proc.ts';
import { openRunnerHosts } from './support/runner-host.ts';

const settleMs = 3000;
const idleMs = 15_000;

interface Figures {
  rss0: number;
  rss10: number;
  rss100: number;
  pssTotal: number;
  idlePercent: number;
}

/** What a supervisor of 0, 10 and 100 tiny servers holds, and its CPU while nothing happens. */
export async function memory(runs = 3): Promise<BenchResult> {
  const hosts = await openRunnerHosts();
  const hasPm2 = await closeAgain();
  const contestants = [projectRunner(hosts), bareParent, ...(hasPm2 ? [pm2] : [])];
  let taken: Map<Contestant, Figures[]>;
  try {
    // Each is a new process each time, so there is nothing to warm up.
    taken = await inTurn(contestants, runs, measure, 0);
  } finally {
    hosts.remove();
  }
  const rows = [...taken].map(([{ name }, figures]) => {
    const of = (key: keyof Figures, digits = 1): number =>
      round(median(figures.map((found) => found[key])), digits);
    return {
      contestant: name,
      'RSS MB at 0': of('rss0'),
      'at 10': of('rss10'),
      'at 100': of('rss100'),
      'PSS MB with shims at 100': of('pssTotal'),
      'idle CPU % at 100': of('idlePercent', 3),
    };
  });
  const ours = rows[0];
  return {
    bench: 'memory',
    rows,
    goals: ours
      ? [
          { name: 'memory-rss-mb-100', value: ours['at 100'], limit: 80 },
          { name: 'memory-pss-total-mb-100', value: ours['PSS MB with shims at 100'], limit: 85 },
          { name: 'memory-idle-cpu-percent', value: ours['idle CPU % at 100'], limit: 0.2 },
        ]
      : [],
    missing: hasPm2 ? [] : ['PM2'],
  };
}

async function measure(contestant: Contestant): Promise<Figures> {
  const keeper = await contestant.open();
  try {
    await delay(settleMs);
    const rss0 = rssMb(keeper.pid);
    await startServers(keeper, 10);
    await delay(settleMs);
    const rss10 = rssMb(keeper.pid);
    await startServers(keeper, 90);
    await delay(settleMs);
    const shims = keeper.shims();
    const cpu = (): number => [keeper.pid, ...shims].reduce((sum, pid) => sum + threadCpuMs(pid), 0);
    const before = cpu();
    await delay(idleMs);
    const idlePercent = ((cpu() - before) / idleMs) * 100;
    const pssTotal = [keeper.pid, ...shims].reduce((sum, pid) => sum + pssMb(pid), 0);
    return { rss0, rss10, rss100: rssMb(keeper.pid), pssTotal, idlePercent };
  } finally {
    await keeper.close();
  }
}

async function startServers(keeper: Keeper, count: number): Promise<void> {
  for (let started = 0; started < count; started += 1) await keeper.startServer();
}

/** Whether PM2 is there; its daemon is not kept. */
async function closeAgain(): Promise<boolean> {
  const found = await openPm2();
  await found?.close();
  return found !== null;
}

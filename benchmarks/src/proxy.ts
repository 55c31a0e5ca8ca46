import { fork } from 'node:child_process';
import { once } from 'node:events';

import { fixture, httpxy, nginx, router, startServer } from './proxy/contestants.ts';
import type { Contestant } from './proxy/contestants.ts';
import type { BenchResult } from './report.ts';
import { median, round } from './statistics.ts';
import { inTurn } from './support/in-turn.ts';

interface Load {
  p50Ms: number;
  p99Ms: number;
  perSecond: number;
  failed: number;
}

/** 500 requests a second over 10 connections: what a request takes that need not queue. */
const calm = { connections: 10, everyMs: 20, seconds: 4 };
/** As many as there can be. */
const rush = { connections: 50, seconds: 3 };

/** What a proxy adds to each request, and how many it takes, beside going to the server directly. */
export async function proxy(runs = 5): Promise<BenchResult> {
  const server = await startServer();
  const peers = { nginx: await nginx(server.port), httpxy: await httpxy(server.port) };
  const contestants: Contestant[] = [
    server,
    await router(server.port),
    ...Object.values(peers).filter((peer) => peer !== null),
  ];
  let taken: Map<Contestant, { calm: Load; rush: Load }[]>;
  try {
    taken = await inTurn(contestants, runs, async ({ port }) => ({
      calm: await load({ port, ...calm }),
      rush: await load({ port, ...rush }),
    }));
  } finally {
    for (const contestant of contestants) await contestant.close();
  }
  const rows = [...taken].map(([{ name }, found]) => {
    const of = (figure: (run: { calm: Load; rush: Load }) => number): number => median(found.map(figure));
    return {
      contestant: name,
      'p50 ms': round(
        of((run) => run.calm.p50Ms),
        3,
      ),
      'p99 ms': round(
        of((run) => run.calm.p99Ms),
        3,
      ),
      'requests/s': Math.round(of((run) => run.rush.perSecond)),
      'p99 ms in the rush': round(
        of((run) => run.rush.p99Ms),
        1,
      ),
      failed: found.reduce((sum, run) => sum + run.calm.failed + run.rush.failed, 0),
    };
  });
  const [direct, ours] = rows;
  const added = (key: 'p50 ms' | 'p99 ms'): number => round((ours?.[key] ?? NaN) - (direct?.[key] ?? NaN), 3);
  return {
    bench: 'proxy',
    rows,
    goals: [
      { name: 'proxy-added-p50-ms', value: added('p50 ms'), limit: 1 },
      { name: 'proxy-added-p99-ms', value: added('p99 ms'), limit: 5 },
    ],
    missing: Object.entries(peers).flatMap(([name, peer]) => (peer ? [] : [name])),
  };
}

async function load(options: {
  port: number;
  connections: number;
  seconds: number;
  everyMs?: number;
}): Promise<Load> {
  const child = fork(fixture('http-load.mjs'), [JSON.stringify(options)], { execArgv: [] });
  const [result] = (await once(child, 'message')) as [Load];
  return result;
}

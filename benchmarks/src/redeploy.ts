import { fork } from 'node:child_process';

import { fixture, pm2, projectRunner } from './redeploy/contestants.ts';
import type { Contestant } from './redeploy/contestants.ts';
import type { BenchResult, BenchRow } from './report.ts';
import { median, round } from './statistics.ts';

/** From one change to the next, so that 20 changes see at least 50,000. */
const requestsPerChange = 2500;
const clients = { kept: 50, fresh: 50 };

interface Load {
  answered: number;
  failed: Record<string, number>;
}

/** What clients lose while a server is replaced, or killed and started again. */
export async function redeploy(runs = 20): Promise<BenchResult> {
  const open: (() => Promise<Contestant | null>)[] = [
    () => projectRunner(false),
    () => pm2('reload'),
    () => pm2('restart'),
    () => projectRunner(true),
    () => pm2('SIGKILL'),
  ];
  const rows: BenchRow[] = [];
  const loads: Load[] = [];
  let isPm2There = true;
  for (const start of open) {
    const contestant = await start();
    if (!contestant) {
      isPm2There = false;
      continue;
    }
    try {
      const { load, times } = await underLoad(contestant, runs);
      loads.push(load);
      rows.push(row(contestant, load, times));
    } finally {
      await contestant.close();
    }
  }
  const [redeployed, killed] = [loads[0], loads[isPm2There ? 3 : 1]];
  return {
    bench: 'redeploy',
    rows,
    goals: [
      { name: 'redeploy-failed', value: sum(redeployed?.failed), limit: 0 },
      { name: 'crash-refused', value: killed?.failed.ECONNREFUSED ?? 0, limit: 0 },
    ],
    missing: isPm2There ? [] : ['PM2'],
  };
}

function row({ name }: Contestant, { answered, failed }: Load, times: readonly number[]): BenchRow {
  const { ECONNREFUSED: refused = 0, ...others } = failed;
  return {
    contestant: name,
    changes: times.length,
    'median ms': round(median(times)),
    answered,
    failed: sum(failed),
    refused,
    'failed otherwise': sum(others),
  };
}

function sum(counts: Readonly<Record<string, number>> = {}): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

async function underLoad(
  { port, change }: Contestant,
  changes: number,
): Promise<{ load: Load; times: number[] }> {
  const child = fork(fixture('request-load.mjs'), [JSON.stringify({ port, ...clients })], { execArgv: [] });
  let answered = 0;
  let onAnswered = (): void => undefined;
  const ended = new Promise<Load>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the load ended too early')));
    child.on('message', (message: Load & { isOver?: boolean }) => {
      answered = message.answered;
      onAnswered();
      if (message.isOver) resolve(message);
    });
  });
  const until = (count: number): Promise<unknown> =>
    Promise.race([
      ended,
      new Promise<void>((resolve) => {
        onAnswered = () => answered >= count && resolve();
      }),
    ]);
  const times: number[] = [];
  try {
    await until(requestsPerChange);
    for (let done = 1; done <= changes; done += 1) {
      const startedAt = performance.now();
      await change();
      times.push(performance.now() - startedAt);
      await until(requestsPerChange * (done + 1));
    }
    child.send('stop');
    return { load: await ended, times };
  } finally {
    child.kill();
  }
}

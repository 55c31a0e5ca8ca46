import { fileURLToPath } from 'node:url';

import type { BenchResult } from './report.ts';
import { median, round } from './statistics.ts';
import { openRunnerHosts } from './support/runner-host.ts';
import type { RunnerHost } from './support/runner-host.ts';

const server = fileURLToPath(new URL('../fixtures/tiny-server.mjs', import.meta.url));
const counts = [1, 10, 100] as const;

/** SIGKILL of the runner; then how long the next one takes to have all its servers, from the call of `recover`. */
export async function recover(runs = 3): Promise<BenchResult> {
  const hosts = await openRunnerHosts();
  const taken = new Map<number, number[]>();
  try {
    for (const count of counts) taken.set(count, await measure(hosts, count, runs));
  } finally {
    hosts.remove();
  }
  const found = [...taken].map(([servers, ms]) => ({ servers, ms: round(median(ms), 1) }));
  return {
    bench: 'recover',
    rows: found.map(({ servers, ms }) => ({ contestant: `${servers} servers`, 'recovered after ms': ms })),
    goals: found.slice(-1).map(({ servers, ms }) => ({
      name: `recover-${servers}-servers-ms`,
      value: ms,
      limit: 1000,
    })),
    missing: [],
  };
}

async function measure(
  hosts: Awaited<ReturnType<typeof openRunnerHosts>>,
  count: number,
  runs: number,
): Promise<number[]> {
  let host: RunnerHost = await hosts.start({ files: [server] });
  for (let started = 0; started < count; started += 1) await host.deploy();
  const taken: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    host = await host.killed();
    const { tookMs, found } = await host.recover();
    if (found !== count) throw new Error(`${found} of ${count} servers were recovered`);
    taken.push(tookMs);
  }
  await host.close();
  return taken;
}

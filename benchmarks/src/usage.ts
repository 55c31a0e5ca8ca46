import { fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { BenchResult } from './report.ts';
import { median, round } from './statistics.ts';
import { inTurn } from './support/in-turn.ts';
import { openRunnerHosts } from './support/runner-host.ts';
import type { UsageSample } from './support/runner-host.ts';

const trees = 100;
const server = fileURLToPath(new URL('../fixtures/tree-server.mjs', import.meta.url));
const sampler = fileURLToPath(new URL('../fixtures/pidusage-sampler.mjs', import.meta.url));

interface Contestant {
  name: string;
  sample(): Promise<UsageSample>;
}

/** CPU of one sample of memory and CPU over 100 servers, each a tree of three processes, once a second. */
export async function usage(runs = 15): Promise<BenchResult> {
  const hosts = await openRunnerHosts();
  const host = await hosts.start({ files: [server] });
  const pidusage = fork(sampler);
  try {
    const pids: number[] = [];
    while (pids.length < trees) pids.push((await host.deploy()).pid);
    const contestants: Contestant[] = [
      { name: 'project-runner', sample: () => host.sampleUsage() },
      {
        name: 'pidusage, first processes only',
        sample: () =>
          new Promise((resolve) => {
            pidusage.once('message', (sample: UsageSample) => resolve(sample));
            pidusage.send({ pids });
          }),
      },
    ];
    // A new process compiles for some samples; a runner that polls each second has that behind it.
    for (const { sample } of contestants.flatMap((contestant) => Array.from({ length: 5 }, () => contestant)))
      await sample();
    const taken = await inTurn(contestants, runs, async ({ sample }) => {
      await delay(1000);
      return sample();
    });
    const cpu = (name: string): number =>
      median(
        [...taken].find(([contestant]) => contestant.name === name)?.[1].map(({ cpuMs }) => cpuMs) ?? [],
      );
    return {
      bench: 'usage',
      rows: [...taken].map(([{ name }, samples]) => ({
        contestant: name,
        'median CPU ms': round(cpu(name)),
        'max CPU ms': round(Math.max(...samples.map(({ cpuMs }) => cpuMs))),
        'median wall ms': round(median(samples.map(({ tookMs }) => tookMs))),
        found: median(samples.map((sample) => sample.trees)),
      })),
      goals: [{ name: 'usage-cpu-ms-100', value: round(cpu('project-runner')), limit: 10 }],
      missing: [],
    };
  } finally {
    pidusage.disconnect();
    await host.close();
    hosts.remove();
  }
}

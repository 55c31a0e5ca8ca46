import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { npmInstall, projectRunner, turbo } from './build-cache/contestants.ts';
import type { Contestant } from './build-cache/contestants.ts';
import { makeProject } from './build-cache/make-project.ts';
import type { BenchResult, BenchRow } from './report.ts';
import { median, round } from './statistics.ts';
import { inTurn } from './support/in-turn.ts';
import { tempFolder } from './support/temp-folder.ts';

/** Files that were just written are not trusted by anybody; nobody builds that soon again. */
const settleMs = 3000;

/** A build of what was built before, for two sizes of a project. */
export async function buildCache(runs = 21): Promise<BenchResult> {
  const small = await measure(1500, runs);
  const large = await measure(10_000, runs);
  const own = (medians: Medians): number => medians.get('project-runner build') ?? Number.NaN;
  const peer = small.get('turbo run build, cached');
  const missing = small.size < 3 ? ['turbo or npm'] : [];
  const rows: BenchRow[] = [...small].map(([contestant, ms]) => ({
    contestant,
    'ms, 1500 files': round(ms),
    'ms, 10000 files': round(large.get(contestant) ?? Number.NaN),
  }));
  return {
    bench: 'build-cache',
    rows,
    goals: [
      { name: 'noop-build-ms-1500', value: round(own(small)), limit: 100 },
      { name: 'noop-build-ms-10000', value: round(own(large)), limit: 300 },
      ...(peer === undefined
        ? []
        : [{ name: 'noop-build-over-turbo', value: round(own(small) / peer, 2), limit: 2 }]),
    ],
    missing,
  };
}

type Medians = ReadonlyMap<string, number>;

async function measure(files: number, runs: number): Promise<Medians> {
  const { dir, remove } = tempFolder('build-cache');
  // Each in a copy of its own: what one leaves beside the source would be source to the next.
  const app = (name: string): Promise<string> => makeProject(join(dir, name), files);
  const all = [
    projectRunner(await app('runner'), join(dir, 'state')),
    turbo(await app('turbo')),
    npmInstall(await app('npm')),
  ].filter((contestant): contestant is Contestant => contestant !== null);
  try {
    await delay(settleMs);
    for (const { prepare } of all) await prepare();
    const taken = await inTurn(all, runs, ({ again }) => again(), 3);
    return new Map([...taken].map(([{ name }, times]) => [name, median(times)]));
  } finally {
    for (const { close } of all) await close();
    remove();
  }
}

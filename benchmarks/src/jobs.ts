import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { BenchResult } from './report.ts';
import { median, round } from './statistics.ts';
import { buildRunner } from './support/built-runner.ts';
import { inTurn } from './support/in-turn.ts';
import { rssMb } from './support/proc.ts';
import { tempFolder } from './support/temp-folder.ts';

const caller = fileURLToPath(new URL('../fixtures/job-caller.mjs', import.meta.url));
/** So many in a turn: together they need a while until all are busy, and at the end not all are. */
const batch = { alone: 50, together: 100 };
/** Until memory is what it will be. */
const warmUps = 3;

interface Caller {
  name: string;
  run(count: number, atOnce: number): Promise<{ ms: number; heapMb: number }>;
  rssMb(): number;
  close(): void;
}

interface Turn {
  alone: number;
  together: number;
  rss: number;
  heap: number;
}

/** 500 × `true`: what a job costs that outlives its caller, over a process that does not. */
export async function jobs(turns = 10): Promise<BenchResult> {
  const built = await buildRunner(['jobs']);
  const state = tempFolder('jobs');
  const execaPath = import.meta.resolve('execa');
  const script = built.install(caller);
  const callers = await Promise.all(
    [
      ['project-runner', 'jobs'],
      ['bare spawn', 'spawn'],
      ['execa', 'execa'],
    ].map(([name = '', kind = '']) => startCaller(script, name, [kind, state.dir, execaPath])),
  );
  let taken: Map<Caller, Turn[]>;
  try {
    taken = await inTurn(
      callers,
      turns,
      async (contestant) => {
        const alone = await contestant.run(batch.alone, 1);
        const together = await contestant.run(batch.together, 8);
        return { alone: alone.ms, together: together.ms, rss: contestant.rssMb(), heap: together.heapMb };
      },
      warmUps,
    );
  } finally {
    for (const each of callers) each.close();
    built.remove();
    state.remove();
  }
  const rows = [...taken].map(([{ name }, turnsTaken]) => ({
    contestant: name,
    'one at a time ms': round(median(turnsTaken.map(({ alone }) => alone)), 2),
    'eight at once ms': round(median(turnsTaken.map(({ together }) => together)), 2),
    'RSS MB': round(turnsTaken.at(-1)?.rss ?? 0),
    'heap growth MB': round((turnsTaken.at(-1)?.heap ?? 0) - (turnsTaken[0]?.heap ?? 0), 2),
  }));
  const [ours, bare] = rows;
  return {
    bench: 'jobs',
    rows,
    goals:
      ours && bare
        ? [
            {
              name: 'job-over-spawn',
              value: round(ours['eight at once ms'] / bare['eight at once ms'], 2),
              limit: 2,
            },
            { name: 'jobs-heap-growth-mb', value: ours['heap growth MB'], limit: 3 },
          ]
        : [],
    missing: [],
  };
}

async function startCaller(script: string, name: string, args: readonly string[]): Promise<Caller> {
  const child = fork(script, args, { env: { PATH: process.env.PATH }, execArgv: ['--expose-gc'] });
  await once(child, 'message');
  return {
    name,
    async run(count, atOnce) {
      const answer = once(child, 'message') as Promise<[{ ms: number; heapMb: number }]>;
      child.send({ count, atOnce });
      const [{ ms, heapMb }] = await answer;
      return { ms: ms / count, heapMb };
    },
    rssMb: () => rssMb(child.pid ?? 0),
    close: () => child.disconnect(),
  };
}

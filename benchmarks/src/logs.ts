import { join } from 'node:path';

import { keepLines } from './logs/keep-lines.ts';
import type { KeptLines } from './logs/keep-lines.ts';
import { inNode, pm2, projectRunner, s6Log, svlogd } from './logs/loggers.ts';
import type { Logger } from './logs/loggers.ts';
import { lineBytes, writeLines } from './logs/print-lines.ts';
import type { BenchResult, BenchRow } from './report.ts';
import { median, round } from './statistics.ts';
import { inTurn } from './support/in-turn.ts';
import { openPm2 } from './support/pm2.ts';
import { openRunnerHosts } from './support/runner-host.ts';
import { tempFolder } from './support/temp-folder.ts';

const count = 2_000_000;
const warmUpCount = 50_000;
const blockBytes = 65_536;

interface Run {
  lines: KeptLines;
  blocks: KeptLines;
}

/** 2,000,000 lines of 100 bytes, one write a line and in blocks of 64 KiB: what they cost a logger, and what it loses. */
export async function logs(runs = 3): Promise<BenchResult> {
  const { dir, remove } = tempFolder('lines');
  const printed = { file: join(dir, 'lines'), warmUpFile: join(dir, 'warm-up'), count };
  writeLines(printed.file, 0, count);
  writeLines(printed.warmUpFile, count, warmUpCount);
  const hosts = await openRunnerHosts();
  const daemon = await openPm2();
  await daemon?.close();
  const peers = {
    's6-log': s6Log(),
    svlogd: svlogd(),
    PM2: daemon && pm2({ time: false }),
    'PM2 --time': daemon && pm2({ time: true }),
  };
  const loggers: Logger[] = [
    projectRunner(hosts),
    ...Object.values(peers).filter((peer) => peer !== null),
    inNode('node:readline', 'readline-logger.mjs'),
    inNode('execa lines', 'execa-logger.mjs'),
  ];
  let taken: Map<Logger, Run[]>;
  try {
    // Each logger is a new process each time, and is warmed up by some lines of its own.
    taken = await inTurn(
      loggers,
      runs,
      async (logger) => ({
        lines: await keepLines(logger, printed, lineBytes),
        blocks: await keepLines(logger, printed, blockBytes),
      }),
      0,
    );
  } finally {
    hosts.remove();
    remove();
  }
  const ours = [...taken.values()][0] ?? [];
  return {
    bench: 'logs',
    rows: [...taken].map(([logger, found]) => row(logger, found)),
    goals: [
      { name: 'logs-cpu-s-per-million', value: worst(ours, 'cpuPerMillion', 2), limit: 0.4 },
      { name: 'logs-lost', value: most(ours, 'lost'), limit: 0 },
      { name: 'logs-torn', value: most(ours, 'torn'), limit: 0 },
      { name: 'logs-rss-growth-mb', value: worst(ours, 'rssGrowthMb'), limit: 30 },
    ],
    missing: Object.entries(peers).flatMap(([name, peer]) => (peer ? [] : [name])),
  };
}

function row({ name, times }: Logger, runs: readonly Run[]): BenchRow {
  return {
    contestant: name,
    times,
    'CPU s/M, a write a line': middle(runs, 'lines', 'cpuPerMillion', 2),
    'CPU s/M, in blocks': middle(runs, 'blocks', 'cpuPerMillion', 2),
    'wall s, a write a line': middle(runs, 'lines', 'seconds'),
    'wall s, in blocks': middle(runs, 'blocks', 'seconds'),
    lost: most(runs, 'lost'),
    torn: most(runs, 'torn'),
    doubled: most(runs, 'doubled'),
    'peak RSS growth MB': worst(runs, 'rssGrowthMb'),
  };
}

function middle(runs: readonly Run[], mode: keyof Run, key: keyof KeptLines, digits = 1): number {
  return round(median(runs.map((run) => run[mode][key])), digits);
}

/** The median of the mode in which it is worse. */
function worst(runs: readonly Run[], key: keyof KeptLines, digits = 1): number {
  return Math.max(middle(runs, 'lines', key, digits), middle(runs, 'blocks', key, digits));
}

function most(runs: readonly Run[], key: keyof KeptLines): number {
  return Math.max(...runs.flatMap(({ lines, blocks }) => [lines[key], blocks[key]]));
}

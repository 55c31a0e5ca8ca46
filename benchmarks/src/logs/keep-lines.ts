import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { cpuSeconds, peakRssMb, resetPeak, rssMb } from '../support/proc.ts';
import { countLines } from './count-lines.ts';
import type { CountedLines } from './count-lines.ts';
import type { Logger, OpenLogger } from './loggers.ts';

export interface PrintedLines {
  file: string;
  /** Printed first and not counted. */
  warmUpFile: string;
  count: number;
}

export interface KeptLines extends CountedLines {
  cpuPerMillion: number;
  rssGrowthMb: number;
  /** From the first line to the last in a file. */
  seconds: number;
}

/** When the files have not grown for so long, all is in them that ever will be. */
const quietMs = 500;

/** Has all lines printed, so many bytes a write, and looks what that cost the logger and what is in its files. */
export async function keepLines(
  logger: Logger,
  { file, warmUpFile, count }: PrintedLines,
  bytes: number,
): Promise<KeptLines> {
  const open = await logger.open();
  try {
    await print(open, warmUpFile, bytes);
    await quiet(open);
    const rss = rssMb(open.pid);
    resetPeak(open.pid);
    const cpu = cpuSeconds(open.pid);
    const startedAt = performance.now();
    await print(open, file, bytes);
    const lastGrowthAt = await quiet(open);
    return {
      cpuPerMillion: (cpuSeconds(open.pid) - cpu) / (count / 1e6),
      rssGrowthMb: peakRssMb(open.pid) - rss,
      seconds: (lastGrowthAt - startedAt) / 1000,
      ...(await countLines(open.files(), count, logger.prefix)),
    };
  } finally {
    await open.close();
  }
}

async function print({ port }: OpenLogger, file: string, bytes: number): Promise<void> {
  const query = new URLSearchParams({ file, bytes: String(bytes) });
  const response = await fetch(`http://127.0.0.1:${port}/print?${query}`);
  if (!response.ok) throw new Error('the lines could not be printed');
}

/** Answers when it was that the files grew the last time. */
async function quiet(open: OpenLogger): Promise<number> {
  let size = -1;
  let grewAt = performance.now();
  while (performance.now() - grewAt < quietMs) {
    const now = open.files().reduce((sum, file) => sum + statSync(file).size, 0);
    if (now !== size) grewAt = performance.now();
    size = now;
    await delay(20);
  }
  return grewAt;
}

import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Logger } from '@project-runner/core';

import { listLogs } from './list-logs.ts';
import type { KeptLog } from './list-logs.ts';

export interface SweepLogsOptions {
  dir: string;
  /** Logs not written to for so long go. `Infinity`: none. */
  keepEndedDays: number;
  /** Whether a server runs that is not logged here now. */
  isRunning(serverId: string): boolean;
  logger: Pick<Logger, 'warn' | 'info'>;
}

export interface LogSweeper {
  /** The log is written from now on, until the answer is called. */
  keep(serverId: string): Promise<() => void>;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Written a moment after the day began, so a little less. */
const stampMs = dayMs - 60 * 60 * 1000;
/** A sweep is to be a moment's work; the next one goes on. */
const maxRemoved = 1000;
/** No server's folder can have that name. */
const stampName = 'last-sweep~';

/**
 * Removes the logs of ended servers: when the first log is opened, and while logs are open, once a day. In the background;
 * an error is told to the logger and tried again the next day.
 */
export function sweepLogs({ dir, keepEndedDays, isRunning, logger }: SweepLogsOptions): LogSweeper {
  /** How often each is open. */
  const open = new Map<string, number>();
  const going = new Map<string, Promise<void>>();
  let lastSweep = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  let sweeping = false;

  const remove = async (log: KeptLog): Promise<boolean> => {
    if (!isWholly(log) || open.has(log.serverId) || isRunning(log.serverId)) return false;
    const removal = rm(log.dir, { recursive: true, force: true });
    const gone = removal.catch(() => undefined);
    going.set(log.serverId, gone);
    await gone;
    going.delete(log.serverId);
    await removal;
    return true;
  };

  const sweep = async (): Promise<void> => {
    // A disk may be so slow that the next one is due.
    if (sweeping) return;
    sweeping = true;
    lastSweep = Date.now();
    try {
      // A server that is silent for months is no ended one, for other runners with the same folder neither.
      for (const serverId of open.keys()) await touch(join(dir, serverId));
      if (!(await isDue(dir))) return;
      let removed = 0;
      for await (const log of listLogs(dir, Date.now() - keepEndedDays * dayMs)) {
        if (await remove(log)) removed += 1;
        if (removed === maxRemoved) break;
      }
      if (removed > 0) logger.info(`Removed logs of ended servers from ${dir}: ${removed}`);
    } catch (error) {
      logger.warn(`Logs of ended servers could not be removed from ${dir}`, error);
    } finally {
      sweeping = false;
    }
  };

  return {
    async keep(serverId) {
      if (keepEndedDays === Number.POSITIVE_INFINITY) return () => undefined;
      open.set(serverId, (open.get(serverId) ?? 0) + 1);
      timer ??= setInterval(() => void sweep(), dayMs).unref();
      if (Date.now() - lastSweep >= dayMs) void sweep();
      await going.get(serverId);
      return () => {
        const left = (open.get(serverId) ?? 1) - 1;
        if (left > 0) open.set(serverId, left);
        else open.delete(serverId);
        if (open.size > 0 || !timer) return;
        clearInterval(timer);
        timer = null;
      };
    },
  };
}

/** Whoever gives a folder that holds other things, too, must not lose them. `owner.json` is the command's. */
function isWholly({ files }: KeptLog): boolean {
  const isOurs = (name: string): boolean =>
    /^(\d{12,}\.log(\.gz)?|current\.log|owner\.json)(\.tmp)?$/.test(name);
  return files.some((name) => /^\d{12,}\.log/.test(name)) && files.every(isOurs);
}

/** Once a day for all runners that share the folder; whoever asks first has it to do. */
async function isDue(dir: string): Promise<boolean> {
  const stamp = join(dir, stampName);
  try {
    if (Date.now() - (await stat(stamp)).mtimeMs < stampMs) return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // On a full disk it cannot be written, and it is high time.
  await writeFile(stamp, `${new Date().toISOString()}\n`, { mode: 0o600 }).catch(() => undefined);
  return true;
}

async function touch(log: string): Promise<void> {
  const now = new Date();
  try {
    await utimes(log, now, now);
  } catch (error) {
    // It printed nothing yet.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

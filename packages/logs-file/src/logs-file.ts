import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { Logger, LogSinkPlugin, LogWriter } from '@project-runner/core';

import { openLog } from './open-log.ts';
import type { OpenLogOptions } from './open-log.ts';
import { readLog } from './read-log.ts';
import { sweepLogs } from './sweep-logs.ts';
import type { LogSweeper } from './sweep-logs.ts';

export interface LogsFileOptions {
  /** One folder for each server is made in it. */
  dir: string;
  /** A segment's size before the next one begins; a single batch that is larger has one to itself. @default 10485760 */
  maxBytes?: number;
  /** Segments kept of a server, the open one included. @default 5 */
  maxFiles?: number;
  /** Older segments go when the log is opened and when the next one begins. @default no limit */
  maxAgeMs?: number;
  /** Compress segments that are full. @default false */
  gzip?: boolean;
  /**
   * Logs of ended servers go when nothing was written to them for so many days; `Infinity` keeps them. Looked at when the
   * first log is opened, and once a day. @default 30
   */
  keepEndedDays?: number;
  /** Whether a server runs that is not logged here now: its log stays, however silent it is. @default none does */
  isRunning?(serverId: string): boolean;
  /** Told of logs that went, or could not be removed. @default silent */
  logger?: Pick<Logger, 'info' | 'warn'>;
  /** @default 'file' */
  name?: string;
}

/** Rotated log files in the CRI format that log tools parse, queryable. @throws ProjectRunnerError `CONFIG_INVALID` */
export function logsFile(options: LogsFileOptions): LogSinkPlugin {
  const {
    dir,
    maxBytes = 10 * 1024 * 1024,
    maxFiles = 5,
    gzip = false,
    name = 'file',
    keepEndedDays = 30,
  } = options;
  const { isRunning = () => false, logger = { info() {}, warn() {} } } = options;
  const maxAgeMs = options.maxAgeMs ?? Number.MAX_SAFE_INTEGER;
  if (typeof dir !== 'string' || dir === '') {
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `logsFile: dir must be a folder; found ${JSON.stringify(dir)}`,
    );
  }
  for (const [key, value] of Object.entries({ maxBytes, maxFiles, maxAgeMs })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ProjectRunnerError(
        'CONFIG_INVALID',
        `logsFile: ${key} must be a whole number above 0; found ${value}`,
      );
    }
  }
  if (typeof keepEndedDays !== 'number' || !(keepEndedDays > 0)) {
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `logsFile: keepEndedDays must be a number of days above 0, or Infinity; found ${String(keepEndedDays)}`,
    );
  }
  const sweeper = sweepLogs({ dir, keepEndedDays, isRunning, logger });
  return {
    kind: 'log-sink',
    name,
    apiVersion: 1,
    open({ serverId }) {
      if (!isFolderName(serverId)) {
        throw new TypeError(
          `serverId must be letters, digits, ".", "_" and "-" without "..", to name a folder; found ${JSON.stringify(serverId)}`,
        );
      }
      return openKept(sweeper, dir, serverId, { maxBytes, maxFiles, maxAgeMs, gzip });
    },
    // What cannot be written was never written.
    read: ({ serverId }, query) => (isFolderName(serverId) ? readLog(join(dir, serverId), query) : []),
  };
}

async function openKept(
  sweeper: LogSweeper,
  dir: string,
  serverId: string,
  options: OpenLogOptions,
): Promise<LogWriter> {
  const letGo = await sweeper.keep(serverId);
  try {
    const writer = await openLog(join(dir, serverId), options);
    const close = async (): Promise<void> => {
      try {
        await writer.close();
      } finally {
        letGo();
      }
    };
    return { ...writer, close };
  } catch (error) {
    letGo();
    throw error;
  }
}

/** The id becomes a folder name, so it must not be able to name another place. */
function isFolderName(id: string): boolean {
  return /^[A-Za-z0-9._-]{1,255}$/.test(id) && id !== '.' && !id.includes('..');
}

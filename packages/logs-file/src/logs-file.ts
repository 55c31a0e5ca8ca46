import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { LogSession, LogSinkPlugin } from '@project-runner/core';

import { openLog } from './open-log.ts';
import { readLog } from './read-log.ts';

export interface LogsFileOptions {
  /** One folder for each server is made in it. */
  dir: string;
  /** A segment's size before the next one begins. @default 10485760 */
  maxBytes?: number;
  /** Segments kept of a server, the open one included. @default 5 */
  maxFiles?: number;
  /** Older segments go when the next one begins. @default no limit */
  maxAgeMs?: number;
  /** Compress segments that are full. @default false */
  gzip?: boolean;
  /** @default 'file' */
  name?: string;
}

/** Rotated log files in the CRI format that log tools parse, queryable. @throws ProjectRunnerError `CONFIG_INVALID` */
export function logsFile(options: LogsFileOptions): LogSinkPlugin {
  const { dir, maxBytes = 10 * 1024 * 1024, maxFiles = 5, gzip = false, name = 'file' } = options;
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
  return {
    kind: 'log-sink',
    name,
    apiVersion: 1,
    open: (session) => openLog(folderOf(dir, session), { maxBytes, maxFiles, maxAgeMs, gzip }),
    read: (session, query) => readLog(folderOf(dir, session), query),
  };
}

/** The id becomes a folder name, so it must not be able to name another place. */
function folderOf(dir: string, { serverId }: LogSession): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(serverId)) {
    throw new TypeError(
      `serverId must be letters, digits, ".", "_" and "-"; found ${JSON.stringify(serverId)}`,
    );
  }
  return join(dir, serverId);
}

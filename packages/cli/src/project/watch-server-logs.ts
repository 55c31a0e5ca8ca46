import { join } from 'node:path';

import type { LogSinkPlugin } from '@project-runner/core';

import { writeLogOwner } from './log-owner.ts';

export interface WatchedServerLogs {
  /** To be among the runner's plugins. */
  sink: LogSinkPlugin;
  /** The file with the newest lines of a server, which appears with the first; `null` where logs go somewhere else. */
  fileOf(serverId: string): string | null;
  /** That of the last server that printed anything. */
  newest(): string | null;
}

/** A deploy that fails does not say which server it was, so its log could not be found. */
export function watchServerLogs(logsDir: string | null, projectDir: string): WatchedServerLogs {
  let newest: string | null = null;
  const fileOf = (serverId: string): string | null => logsDir && join(logsDir, serverId, currentName);
  return {
    sink: {
      kind: 'log-sink',
      name: 'project-runner-cli',
      apiVersion: 1,
      async open({ serverId }) {
        newest = serverId;
        // Without it the log is there all the same, only never tidied.
        if (logsDir !== null) await writeLogOwner(join(logsDir, serverId), projectDir).catch(() => undefined);
        return { write() {}, close() {} };
      },
    },
    fileOf,
    newest: () => newest && fileOf(newest),
  };
}

/** As `log-sink:file` names it; without symbolic links there is only the first segment to name. */
const currentName = process.platform === 'win32' ? '000000000001.log' : 'current.log';

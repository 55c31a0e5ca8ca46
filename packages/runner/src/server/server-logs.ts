import type {
  LogEntry,
  Logger,
  LogQuery,
  LogSession,
  LogSinkPlugin,
  PaginatedLogs,
  ServerLogCallback,
} from '@project-runner/core';

import { createLogPipeline } from '../logs/log-pipeline.ts';
import type { LogPipeline } from '../logs/log-pipeline.ts';
import { paginateLogs } from '../logs/paginate-logs.ts';

export interface ServerLogsOptions {
  sinks: readonly LogSinkPlugin[];
  logger: Logger;
  /** Asked for every line: a host may set its callback after the deploy. */
  getCallback(): ServerLogCallback | undefined;
}

/** The log pipelines of all servers. */
export interface ServerLogs {
  open(session: LogSession): LogPipeline;
  read(session: LogSession, query: LogQuery): Promise<readonly LogEntry[]>;
  page(session: LogSession, options: { limit?: number; before?: string }): Promise<PaginatedLogs>;
  /** A server that is not known gives nothing to listen to. */
  subscribe(serverId: string, listener: (entry: LogEntry) => void): () => void;
}

export function createServerLogs({ sinks, logger, getCallback }: ServerLogsOptions): ServerLogs {
  const open = new Map<string, LogPipeline>();

  const read = async (session: LogSession, query: LogQuery): Promise<readonly LogEntry[]> => {
    const live = open.get(session.serverId);
    if (live) return live.read(query);
    for (const sink of sinks) {
      const entries = (await sink.read?.(session, query)) ?? [];
      if (entries.length > 0) return entries;
    }
    return [];
  };

  return {
    open(session) {
      const { serverId } = session;
      const pipeline = createLogPipeline({ session, sinks, logger });
      pipeline.subscribe((entry) => {
        getCallback()?.(serverId, entry.text, entry.stream, String(entry.sequence));
      });
      open.set(serverId, pipeline);
      return {
        ...pipeline,
        end: async () => {
          await pipeline.end();
          open.delete(serverId);
        },
      };
    },
    read,
    page: (session, options) => paginateLogs((query) => read(session, query), options),
    subscribe: (serverId, listener) => open.get(serverId)?.subscribe(listener) ?? (() => undefined),
  };
}

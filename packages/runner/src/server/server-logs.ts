import type {
  LogEntry,
  Logger,
  LogQuery,
  LogSession,
  LogSinkPlugin,
  PaginatedLogs,
  ServerLogCallback,
} from '@project-runner/core';

import { createLogPipeline, guardListener } from '../logs/log-pipeline.ts';
import type { LogPipeline, LogPipelineOptions } from '../logs/log-pipeline.ts';
import { paginateLogs } from '../logs/paginate-logs.ts';
import { readLastSequence, readSinks } from '../logs/read-sinks.ts';

export interface ServerLogsOptions {
  sinks: readonly LogSinkPlugin[];
  logger: Logger;
  /** Asked for every batch: a host may set its callback after the deploy. */
  getCallback(): ServerLogCallback | undefined;
  onLoss(serverId: string, sink: string, lines: number): void;
}

/** The log pipelines of all servers. */
export interface ServerLogs {
  open(session: LogSession, options: Pick<LogPipelineOptions, 'journal' | 'resume' | 'mask'>): LogPipeline;
  read(session: LogSession, query: LogQuery): Promise<readonly LogEntry[]>;
  page(session: LogSession, options: { limit?: number; before?: string }): Promise<PaginatedLogs>;
  /** Number of the last line that any sink has, 0 without one. */
  lastSequence(session: LogSession): Promise<number>;
  /** A server that is not known gives nothing to listen to. */
  subscribe(serverId: string, listener: (entry: LogEntry) => void): () => void;
  /** Lines that never reached a sink, over all servers since the start. */
  lost(): number;
}

export function createServerLogs(options: ServerLogsOptions): ServerLogs {
  const { sinks, logger } = options;
  const open = new Map<string, LogPipeline>();
  let lost = 0;

  const read = (session: LogSession, query: LogQuery): Promise<readonly LogEntry[]> =>
    readSinks({ sinks, session, logger }, query);

  /** The host's callback for one server; one that throws is told of once. */
  const listenerOf = ({ serverId }: LogSession): ((entry: LogEntry) => void) =>
    guardListener(
      (entry) => options.getCallback()?.(serverId, entry.text, entry.stream, String(entry.sequence)),
      (error) => logger.warn(`The log callback threw for server ${serverId}`, error),
    );

  return {
    open(session, more) {
      const { serverId } = session;
      const listener = listenerOf(session);
      const pipeline = createLogPipeline({
        ...more,
        session,
        sinks,
        logger,
        getListener: () => (options.getCallback() ? listener : undefined),
        onLoss(sink, lines) {
          lost += lines;
          options.onLoss(serverId, sink, lines);
        },
      });
      open.set(serverId, pipeline);
      return {
        ...pipeline,
        end: async () => {
          await pipeline.end();
          if (open.get(serverId) === pipeline) open.delete(serverId);
        },
      };
    },
    read,
    lastSequence: (session) => readLastSequence({ sinks, session, logger }),
    page: (session, page) => paginateLogs((query) => read(session, query), page),
    subscribe: (serverId, listener) => open.get(serverId)?.subscribe(listener) ?? (() => undefined),
    lost: () => lost,
  };
}

import type {
  LogEntry,
  Logger,
  LogQuery,
  LogSession,
  LogSinkPlugin,
  PaginatedLogs,
  ServerLogCallback,
} from '@project-runner/core';

import { guardListener } from '../logs/guard-listener.ts';
import { createLogPipeline } from '../logs/log-pipeline.ts';
import type { LogPipeline, LogPipelineOptions } from '../logs/log-pipeline.ts';
import type { LogListener } from '../logs/guard-listener.ts';
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
  /**
   * Calls for every line of the server from now on, until the answer is called. The server may appear later, when it is
   * taken over from an earlier runner; one that never does gives nothing to listen to. A listener that throws harms nobody.
   */
  subscribe(serverId: string, listener: (entry: LogEntry) => void): () => void;
  /** Lines that never reached a sink, over all servers since the start. */
  lost(): number;
}

export function createServerLogs(options: ServerLogsOptions): ServerLogs {
  const { sinks, logger } = options;
  const subscribers = new Map<string, Set<LogListener>>();
  let lost = 0;

  const read = (session: LogSession, query: LogQuery): Promise<readonly LogEntry[]> =>
    readSinks({ sinks, session, logger }, query);

  /** The host's callback for one server. */
  const callbackOf = ({ serverId }: LogSession): LogListener =>
    guardListener(
      (entry) => options.getCallback()?.(serverId, entry.text, entry.stream, String(entry.sequence)),
      (error) => logger.warn(`The log callback threw for server ${serverId}`, error),
    );

  return {
    open(session, more) {
      const { serverId } = session;
      const callback = callbackOf(session);
      return createLogPipeline({
        ...more,
        session,
        sinks,
        logger,
        listeners: () => [...(options.getCallback() ? [callback] : []), ...(subscribers.get(serverId) ?? [])],
        onLoss(sink, lines) {
          lost += lines;
          options.onLoss(serverId, sink, lines);
        },
      });
    },
    read,
    lastSequence: (session) => readLastSequence({ sinks, session, logger }),
    page: (session, page) => paginateLogs((query) => read(session, query), page),
    subscribe(serverId, listener) {
      // A function of its own, so that the same listener given twice is called twice and leaves once.
      const own = guardListener(listener, (error) =>
        logger.warn(`A log listener of server ${serverId} threw`, error),
      );
      const others = subscribers.get(serverId) ?? new Set();
      subscribers.set(serverId, others.add(own));
      return () => {
        others.delete(own);
        if (others.size === 0 && subscribers.get(serverId) === others) subscribers.delete(serverId);
      };
    },
    lost: () => lost,
  };
}

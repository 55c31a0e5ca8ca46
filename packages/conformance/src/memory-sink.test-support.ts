import type { LogBatch, LogEntry, LogQuery, LogSession, LogSinkPlugin } from '@project-runner/core';

export type Readable = LogSinkPlugin & Required<Pick<LogSinkPlugin, 'read'>>;

/** What is done differently from the sink that is right. */
export interface MemorySinkBreaks {
  write?: (batch: LogBatch) => void;
  close?: (batches: number) => void;
  entry?: (entry: LogEntry, batch: LogBatch, line: number) => LogEntry;
  /** Lines are there to be read after `close` only. */
  late?: boolean;
  key?: (session: LogSession) => string;
  /** Made from the last number of the log and of the last batch; `null` for a writer without `position`. */
  position?: ((last: number, batch: LogBatch | null) => number) | null;
  query?: (query: LogQuery) => LogQuery;
  unseen?: () => never;
  answer?: (entries: readonly LogEntry[]) => readonly LogEntry[];
}

/** Keeps lines in memory. */
export function memorySink(breaks: MemorySinkBreaks = {}): Readable {
  const { key = ({ serverId }) => serverId, entry = (good) => good } = breaks;
  const { position = (last) => last } = breaks;
  const logs = new Map<string, LogEntry[]>();
  const numbers = new Map<string, number>();
  return {
    kind: 'log-sink',
    name: 'mem',
    apiVersion: 1,
    open(session) {
      const kept = logs.get(key(session)) ?? [];
      const written: LogEntry[] = breaks.late ? [] : kept;
      let batches = 0;
      let latest: LogBatch | null = null;
      const last = (): number => numbers.get(key(session)) ?? 0;
      logs.set(key(session), kept);
      return {
        write(batch) {
          breaks.write?.(batch);
          batches += 1;
          latest = batch;
          numbers.set(key(session), batch.sequence + batch.count - 1);
          const { stream, time, sequence } = batch;
          for (const [line, { text, partial }] of [...batch.lines()].entries()) {
            const good = { text, stream, time, sequence: sequence + line, ...(partial ? { partial } : {}) };
            written.push(entry(good, batch, line));
          }
        },
        ...(position && { position: () => position(last(), latest) }),
        close() {
          breaks.close?.(batches);
          if (breaks.late) kept.push(...written);
        },
      };
    },
    read(session, query) {
      if (!logs.has(key(session))) breaks.unseen?.();
      const entries = choose(logs.get(key(session)) ?? [], breaks.query?.(query) ?? query);
      return breaks.answer?.(entries) ?? entries;
    },
  };
}

function choose(entries: readonly LogEntry[], { before, since, until, stream, tail }: LogQuery): LogEntry[] {
  if (before !== undefined && !entries.some((entry) => entry.sequence === before)) return [];
  const chosen = entries.filter(
    (entry) =>
      (before === undefined || entry.sequence < before) &&
      (since === undefined || entry.time >= since) &&
      (until === undefined || entry.time <= until) &&
      (stream === undefined || entry.stream === stream),
  );
  return tail === undefined ? chosen : chosen.slice(-tail);
}

import type { LogEntry, LogQuery } from '@project-runner/core';

/** Answers a query from entries in order, oldest first. A `before` that is not among them gives nothing. */
export function selectEntries(entries: readonly LogEntry[], query: LogQuery): LogEntry[] {
  const { since, until, stream, before, tail } = query;
  if (before !== undefined && !entries.some((entry) => entry.sequence === before)) return [];
  const chosen = entries.filter(
    (entry) =>
      (since === undefined || entry.time >= since) &&
      (until === undefined || entry.time <= until) &&
      (stream === undefined || entry.stream === stream) &&
      (before === undefined || entry.sequence < before),
  );
  return tail === undefined ? chosen : chosen.slice(Math.max(0, chosen.length - Math.max(0, tail)));
}

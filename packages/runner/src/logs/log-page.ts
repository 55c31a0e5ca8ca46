import type { LogEntry, LogQuery, PaginatedLogEntry, PaginatedLogs } from '@project-runner/core';

/** Where a page comes from: the query for it (`null` for a cursor that can be of no line) and what to make of the answer. */
export interface PageRequest {
  query: LogQuery | null;
  toPage(found: readonly LogEntry[]): PaginatedLogs;
}

export function requestPage(limit: number, before?: string): PageRequest {
  const isCursor = before === undefined || /^[1-9]\d{0,15}$/.test(before);
  // One more than asked for tells whether there is more.
  const query = { tail: Math.max(0, limit) + 1, ...(before === undefined ? {} : { before: Number(before) }) };
  return {
    query: isCursor ? query : null,
    toPage(found) {
      const entries = found.slice(Math.max(0, found.length - Math.max(0, limit))).map(structuredEntry);
      return {
        entries,
        hasMore: found.length > limit,
        oldestCursor: entries[0]?.id ?? null,
        newestCursor: entries.at(-1)?.id ?? null,
      };
    },
  };
}

/** A page from lines that can be had at once. */
export function logPage(
  read: (query: LogQuery) => readonly LogEntry[],
  limit: number,
  before?: string,
): PaginatedLogs {
  const { query, toPage } = requestPage(limit, before);
  return toPage(query ? read(query) : []);
}

export function structuredEntry({ sequence, time, text, stream }: LogEntry): PaginatedLogEntry {
  return { id: String(sequence), timestamp: time.toISOString(), line: text, stream };
}

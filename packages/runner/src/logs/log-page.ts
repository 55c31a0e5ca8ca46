import type { LogEntry, LogQuery, PaginatedLogEntry, PaginatedLogs } from '@project-runner/core';

import { checkPageOptions } from './check-log-options.ts';

/** Where a page comes from: the query for it (`null` for a cursor that can be of no line) and what to make of the answer. */
export interface PageRequest {
  query: LogQuery | null;
  toPage(found: readonly LogEntry[]): PaginatedLogs;
}

const defaultLimit = 100;

/** @throws TypeError for a limit that is not a whole number from 1 to 10000, and for a cursor that is no text */
export function requestPage(options: { limit?: number; before?: string }): PageRequest {
  checkPageOptions(options);
  const { limit = defaultLimit, before } = options;
  const isCursor = before === undefined || /^[1-9]\d{0,15}$/.test(before);
  // One more than asked for tells whether there is more.
  const query = { tail: limit + 1, ...(before === undefined ? {} : { before: Number(before) }) };
  return {
    query: isCursor ? query : null,
    toPage(found) {
      const entries = found.slice(Math.max(0, found.length - limit)).map(structuredEntry);
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
  options: { limit?: number; before?: string },
): PaginatedLogs {
  const { query, toPage } = requestPage(options);
  return toPage(query ? read(query) : []);
}

export function structuredEntry({ sequence, time, text, stream }: LogEntry): PaginatedLogEntry {
  return { id: String(sequence), timestamp: time.toISOString(), line: text, stream };
}

import type { LogEntry, LogQuery, PaginatedLogs } from '@project-runner/core';

const defaultLimit = 100;

/** One page, newest without a cursor, else the lines right before it. An unknown cursor gives an empty page. */
export async function paginateLogs(
  read: (query: LogQuery) => Promise<readonly LogEntry[]>,
  { limit = defaultLimit, before }: { limit?: number; before?: string } = {},
): Promise<PaginatedLogs> {
  const cursor = before === undefined ? undefined : Number(before);
  if (cursor !== undefined && String(cursor) !== before) return empty;
  // One more than asked for tells whether there is more.
  const found = await read({ tail: limit + 1, ...(cursor === undefined ? {} : { before: cursor }) });
  const entries = found.slice(Math.max(0, found.length - limit)).map((entry) => ({
    id: String(entry.sequence),
    timestamp: entry.time.toISOString(),
    line: entry.text,
    stream: entry.stream,
  }));
  return {
    entries,
    hasMore: found.length > limit,
    oldestCursor: entries[0]?.id ?? null,
    newestCursor: entries.at(-1)?.id ?? null,
  };
}

const empty: PaginatedLogs = { entries: [], hasMore: false, oldestCursor: null, newestCursor: null };

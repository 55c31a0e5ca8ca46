import type { LogEntry, LogQuery, PaginatedLogs } from '@project-runner/core';

import { requestPage } from './log-page.ts';

const defaultLimit = 100;

/** One page, newest without a cursor, else the lines right before it. An unknown cursor gives an empty page. */
export async function paginateLogs(
  read: (query: LogQuery) => Promise<readonly LogEntry[]>,
  { limit = defaultLimit, before }: { limit?: number; before?: string } = {},
): Promise<PaginatedLogs> {
  const { query, toPage } = requestPage(limit, before);
  return toPage(query ? await read(query) : []);
}

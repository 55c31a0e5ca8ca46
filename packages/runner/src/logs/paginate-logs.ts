import type { LogEntry, LogQuery, PaginatedLogs } from '@project-runner/core';

import { requestPage } from './log-page.ts';

/**
 * One page, newest without a cursor, else the lines right before it. An unknown cursor gives an empty page.
 * @throws TypeError as `requestPage` does
 */
export async function paginateLogs(
  read: (query: LogQuery) => Promise<readonly LogEntry[]>,
  options: { limit?: number; before?: string } = {},
): Promise<PaginatedLogs> {
  const { query, toPage } = requestPage(options);
  return toPage(query ? await read(query) : []);
}

import type { LogEntry, LogQuery } from '@project-runner/core';

import { listSegments, readSegment } from './segments.ts';

/** Answers a query, newest segment first, so that the tail of a large log costs one segment. */
export function readLog(dir: string, query: LogQuery): LogEntry[] {
  const { before, tail, since, until, stream } = query;
  let found: LogEntry[] = [];
  let cursorSeen = before === undefined;
  for (const segment of listSegments(dir).toReversed()) {
    if (before !== undefined && !cursorSeen && segment.first > before) continue;
    const entries = readSegment(segment);
    cursorSeen ||= entries.some((entry) => entry.sequence === before);
    // The segment that should hold the cursor does not: it is of no line that is kept.
    if (!cursorSeen) return [];
    const chosen = entries.filter(
      (entry) =>
        (before === undefined || entry.sequence < before) &&
        (since === undefined || entry.time >= since) &&
        (until === undefined || entry.time <= until) &&
        (stream === undefined || entry.stream === stream),
    );
    found = [...chosen, ...found];
    const oldest = entries[0];
    const beforeSince = since !== undefined && oldest !== undefined && oldest.time < since;
    if (beforeSince || (tail !== undefined && found.length >= tail)) break;
  }
  return tail === undefined ? found : found.slice(Math.max(0, found.length - Math.max(0, tail)));
}

import type { LogEntry, LogQuery } from '@project-runner/core';

import { parseLine } from './cri-line.ts';
import { indexLines } from './index-lines.ts';
import { listSegments, readSegment } from './segments.ts';

/** Answers a query, newest line first, so that the tail of a large log costs one segment and decodes its tail only. */
export async function readLog(dir: string, query: LogQuery): Promise<LogEntry[]> {
  const { before, tail = Number.POSITIVE_INFINITY, since } = query;
  const found: LogEntry[] = [];
  let cursorSeen = before === undefined;
  for (const segment of (await listSegments(dir)).toReversed()) {
    if (found.length >= tail) break;
    if (before !== undefined && segment.first > before) continue;
    const bytes = await readSegment(segment);
    if (!bytes) continue;
    const { starts, numbers, length } = indexLines(bytes, segment.first);
    // The segment that should hold the cursor does not: it is of no line that is kept.
    cursorSeen ||= numbers.includes(before ?? 0);
    if (!cursorSeen && starts.length > 0) return [];
    for (let line = starts.length - 1; line >= 0 && found.length < tail; line -= 1) {
      const sequence = numbers[line] ?? 0;
      if (before !== undefined && sequence >= before) continue;
      const end = (starts[line + 1] ?? length) - 1;
      const entry = parseLine(bytes.subarray(starts[line], end), sequence);
      if (!entry) continue;
      if (since !== undefined && entry.time < since) return found.toReversed();
      if (isWanted(entry, query)) found.push(entry);
    }
  }
  return found.toReversed();
}

function isWanted(entry: LogEntry, { until, stream }: LogQuery): boolean {
  return (until === undefined || entry.time <= until) && (stream === undefined || entry.stream === stream);
}

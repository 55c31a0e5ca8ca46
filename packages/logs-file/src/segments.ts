import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import type { LogEntry } from '@project-runner/core';

import { parseLine } from './cri-line.ts';

/** A file of a log; its name tells the number of its first line, because the format has no place for it. */
export interface Segment {
  file: string;
  /** Number of the first line. */
  first: number;
  compressed: boolean;
}

const namePattern = /^(\d{12})\.log(\.gz)?$/;

export function segmentName(first: number): string {
  return `${String(first).padStart(12, '0')}.log`;
}

/** Oldest first. A segment that is there twice was being compressed when the runner died; the plain one counts. */
export function listSegments(dir: string): Segment[] {
  const segments = new Map<number, Segment>();
  for (const name of readNames(dir)) {
    const match = namePattern.exec(name);
    if (!match) continue;
    const segment = { file: join(dir, name), first: Number(match[1]), compressed: match[2] !== undefined };
    if (!segments.get(segment.first) || !segment.compressed) segments.set(segment.first, segment);
  }
  return [...segments.values()].toSorted((a, b) => a.first - b.first);
}

/** The lines of a segment. A torn last line (the machine died while it was written) is left out. */
export function readSegment(segment: Segment): LogEntry[] {
  const raw = readFileSync(segment.file);
  const text = (segment.compressed ? gunzipSync(raw) : raw).toString('utf8');
  const lines = text.split('\n');
  lines.pop();
  return lines.flatMap((line, index) => {
    const parsed = parseLine(line);
    return parsed ? [{ sequence: segment.first + index, ...parsed }] : [];
  });
}

function readNames(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

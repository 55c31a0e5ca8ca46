import type { LogBatch, LogStreamName } from '@project-runner/core';

const newline = 0x0a;

/**
 * A batch in the CRI log format, `time stream F|P text`, as bytes: one pass, no string a line.
 * https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
export function formatBatch({ stream, time, bytes, count, partial }: Omit<LogBatch, 'lines'>): Buffer {
  const full = Buffer.from(`${time.toISOString()} ${stream} F `);
  const part = Buffer.from(`${time.toISOString()} ${stream} P `);
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result = Buffer.allocUnsafe(source.length + count * full.length);
  let to = 0;
  let from = 0;
  for (let line = 1; line <= count; line += 1) {
    const end = source.indexOf(newline, from) + 1;
    const prefix = partial && line === count ? part : full;
    to += prefix.copy(result, to);
    to += source.copy(result, to, from, end);
    from = end;
  }
  return result.subarray(0, to);
}

export interface CriLine {
  time: Date;
  stream: LogStreamName;
  text: string;
  partial?: boolean;
}

/** One line without its ending; `null` for what is not in the format. */
export function parseLine(line: string): CriLine | null {
  const match = /^(\S+) (stdout|stderr) ([FP]) (.*)$/s.exec(line);
  if (!match) return null;
  const time = new Date(match[1] ?? '');
  if (Number.isNaN(time.getTime())) return null;
  const parsed = { time, stream: match[2] as LogStreamName, text: match[4] ?? '' };
  return match[3] === 'P' ? { ...parsed, partial: true } : parsed;
}

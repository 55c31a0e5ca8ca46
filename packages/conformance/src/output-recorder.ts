import type { LogStreamName, OutputReceiver } from '@project-runner/core';

import { within } from './within.ts';

/** Below the 5 s after which most test runners end a test without saying what hung. */
export const patienceMs = 4000;

export interface RecordedOutput {
  /** Of one stream or of both, in the order in which it came. */
  output(stream?: LogStreamName): string;
  bytes(stream: LogStreamName): Buffer;
  /** Bytes of each stream up to here, counted here and not by the launcher; up to its detach, of one that was let go of. */
  taken(): Record<LogStreamName, number>;
  /** Each `end` that was not what is counted here. */
  wrongEnds: readonly string[];
  /** Resolves when the output contains the text. */
  says(text: string): Promise<void>;
}

/** Keeps output and passes it on, with the promise of who takes it. */
export function recordOutput(
  from: Readonly<Record<LogStreamName, number>>,
  next: OutputReceiver,
): RecordedOutput & { receiver: OutputReceiver } {
  const chunks: [LogStreamName, Buffer][] = [];
  const counted = { ...from };
  const wrongEnds: string[] = [];
  const waiting = new Set<() => void>();
  const count = (stream: LogStreamName, bytes: number, end: number): void => {
    counted[stream] += bytes;
    if (end !== counted[stream]) wrongEnds.push(`${end} instead of ${counted[stream]} of ${stream}`);
  };
  const output = (wanted?: LogStreamName): string => {
    const chosen = chunks.filter(([stream]) => wanted === undefined || stream === wanted);
    return Buffer.concat(chosen.map(([, chunk]) => chunk)).toString();
  };
  return {
    output,
    bytes: (wanted) => Buffer.concat(chunks.flatMap(([stream, chunk]) => (stream === wanted ? [chunk] : []))),
    taken: () => ({ ...counted }),
    wrongEnds,
    says: (wanted) => {
      const said = new Promise<void>((resolve) => {
        const look = (): void => {
          if (output().includes(wanted)) resolve();
        };
        waiting.add(look);
        look();
      });
      return within(
        patienceMs,
        said,
        `onOutput must get what the process prints as it comes: ${JSON.stringify(wanted)}`,
      );
    },
    receiver: {
      onOutput(stream, chunk, end) {
        count(stream, chunk.length, end);
        chunks.push([stream, Buffer.from(chunk)]);
        for (const look of waiting) look();
        return next.onOutput(stream, chunk, end);
      },
      onDropped(stream, bytes, end) {
        count(stream, bytes, end);
        next.onDropped?.(stream, bytes, end);
      },
    },
  };
}

import type { LogStreamName } from '@project-runner/core';

import { createLineSplitter } from '../logs/line-splitter.ts';
import type { SecretMask } from '../logs/secret-mask.ts';

/** Chunks of two streams in, lines of text out. */
export interface TextLines {
  push(stream: LogStreamName, chunk: Uint8Array): void;
  /** Hands over last lines that had no line ending. */
  end(): void;
}

export function createTextLines(onLine: (line: string) => void, mask?: SecretMask): TextLines {
  const decoder = new TextDecoder();
  const splitter = (): ReturnType<typeof createLineSplitter> =>
    createLineSplitter({
      ...(mask ? { mask } : {}),
      onLines: (bytes) => {
        for (const line of decoder.decode(bytes).replace(/\n$/, '').split('\n')) onLine(line);
      },
    });
  const splitters = { stdout: splitter(), stderr: splitter() };
  return {
    push: (stream, chunk) => splitters[stream].push(chunk),
    end: () => {
      splitters.stdout.end();
      splitters.stderr.end();
    },
  };
}

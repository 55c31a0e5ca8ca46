export interface OutputTail {
  push(chunk: Uint8Array): void;
  /** The last line that is not blank, `''` for none. */
  lastLine(): string;
}

const keptBytes = 2048;

/** The end of what a command prints, however much that is. */
export function outputTail(): OutputTail {
  let kept: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      kept = Buffer.from(Buffer.concat([kept, chunk.subarray(-keptBytes)]).subarray(-keptBytes));
    },
    lastLine() {
      const lines = kept
        .toString()
        .split(/\r?\n/)
        .filter((line) => line.trim() !== '');
      return lines.at(-1)?.trim() ?? '';
    },
  };
}

import { readFileSync, writeFileSync } from 'node:fs';

export interface TailOptions {
  /** Where the tail is kept when what is before it is given back. */
  file: string;
  /** All of the stream is kept up to so many bytes. */
  limitBytes: number;
  /** Of a longer one only this much. */
  tailBytes: number;
  /** Bytes of the stream up to `end` are not needed any more. */
  release(end: number): void;
}

/** Keeps the end of a stream while its space is given back. */
export interface Tail {
  /** Where to read on: what is before it was kept by an earlier owner. */
  readonly from: number;
  /** Bytes of the stream so far. */
  readonly length: number;
  take(chunk: Uint8Array, end: number): void;
  /** What was given up unread. */
  drop(end: number): void;
  /** All of the stream, or its end behind a mark. */
  text(): string;
  isWhole(): boolean;
}

/** What is given back at a time: each is a write here and a process in the launcher. */
const stepBytes = 16 * 1024 * 1024;

export function keepTail({ file, limitBytes, tailBytes, release }: TailOptions): Tail {
  let { chunks, end } = readTail(file);
  const from = end;
  let kept = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let savedAt = end;
  /** Whether only the end is kept. */
  const isCut = (): boolean => kept < end || end > limitBytes;

  const trim = (): void => {
    if (!isCut()) return;
    for (let first = chunks[0]; first && kept - first.length >= tailBytes; first = chunks[0]) {
      chunks.shift();
      kept -= first.length;
    }
  };

  const save = (): void => {
    if (!isCut() || end - savedAt < stepBytes) return;
    savedAt = end;
    try {
      writeFileSync(file, Buffer.concat([Buffer.from(`${end}\n`), lastBytes()]), { mode: 0o600 });
      release(end);
    } catch {
      // A full disk: where the file is as it was, the tail can still be read from the stream.
      release(Math.max(end - tailBytes, 0));
    }
  };

  const lastBytes = (): Buffer => {
    const all = Buffer.concat(chunks);
    return isCut() ? all.subarray(Math.max(all.length - tailBytes, 0)) : all;
  };

  return {
    from,
    get length() {
      return end;
    },
    take(chunk, upTo) {
      chunks.push(chunk);
      kept += chunk.length;
      end = upTo;
      trim();
      save();
    },
    drop(upTo) {
      chunks = [];
      kept = 0;
      end = upTo;
      savedAt = upTo;
    },
    isWhole: () => !isCut(),
    text() {
      const bytes = lastBytes();
      const gone = end - bytes.length;
      return gone === 0
        ? bytes.toString()
        : `[… ${gone} bytes before this are not kept]\n${fromCharacter(bytes)}`;
    },
  };
}

function readTail(file: string): { chunks: Uint8Array[]; end: number } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { chunks: [], end: 0 };
    throw error;
  }
  const lineEnd = bytes.indexOf(0x0a);
  const end = Number(bytes.subarray(0, lineEnd).toString());
  return lineEnd > 0 && Number.isSafeInteger(end)
    ? { chunks: [bytes.subarray(lineEnd + 1)], end }
    : { chunks: [], end: 0 };
}

/** The cut may have gone through a character. */
function fromCharacter(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start).toString();
}

import { readSync } from 'node:fs';

const blockBytes = 4096;

/**
 * Where a file has data again at or after `from`: space that was given back reads as zeros, and nobody prints a whole block
 * of those. `from` itself where there is none to pass over. @throws Error of the file system
 */
export function firstData(fd: number, from: number): number {
  const block = Buffer.alloc(blockBytes);
  const isHole = (at: number): boolean =>
    readSync(fd, block, 0, blockBytes, at) === blockBytes && firstByte(block) === blockBytes;
  if (!isHole(from)) return from;
  // Zeros begin at `hole`, data begins before the end of the block at `data`.
  let hole = from;
  let data = from + blockBytes;
  for (let step = blockBytes; isHole(data); step *= 2) {
    hole = data;
    data += step;
  }
  while (data - hole > blockBytes) {
    const middle = hole + Math.floor((data - hole) / 2 / blockBytes) * blockBytes;
    if (isHole(middle)) hole = middle;
    else data = middle;
  }
  return data + firstByte(block.subarray(0, readSync(fd, block, 0, blockBytes, data)));
}

/** The place of the first byte that is not 0, or the length without one. */
function firstByte(bytes: Buffer): number {
  const at = bytes.findIndex((byte) => byte !== 0);
  return at === -1 ? bytes.length : at;
}

/** Memory of a chunk of output. It is used again when nobody has it any more. */
export interface ChunkLease {
  /** Free bytes right before the chunk, for the beginning of a line that an earlier chunk left unfinished. */
  readonly headroom: number;
  hold(): void;
  release(): void;
}

/** More than the longest unfinished line, unless a secret is longer than that. */
const headroom = 80 * 1024;
const chunkBytes = 512 * 1024;
/** A smaller chunk gets memory of its own size: a slow sink's queue must not hold much more than what is in it. */
const worthBytes = 128 * 1024;
/** Few: chunks are read one after the other. More of them are only there while a sink is slow. */
const keptFree = 4;

const free: ArrayBuffer[] = [];
const leases = new WeakMap<ArrayBufferLike, ChunkLease>();

/** Memory for a chunk of so many bytes, or of less if that is more than a chunk has. Who lets go of it just does so. */
export function chunkMemory(bytes: number): Buffer {
  if (bytes < worthBytes) return Buffer.allocUnsafe(bytes);
  const memory = free.pop() ?? Buffer.allocUnsafeSlow(headroom + chunkBytes).buffer;
  let holders = 1;
  leases.set(memory, {
    headroom,
    hold() {
      holders += 1;
    },
    release() {
      holders -= 1;
      if (holders > 0) return;
      leases.delete(memory);
      if (free.length < keptFree) free.push(memory);
    },
  });
  return Buffer.from(memory, headroom, Math.min(bytes, chunkBytes));
}

/** Of a chunk that came in such memory. */
export function leaseOf(chunk: Uint8Array): ChunkLease | undefined {
  return leases.get(chunk.buffer);
}

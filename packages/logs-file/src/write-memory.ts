/** What a batch of the usual size takes as lines of the log. */
const usualBytes = 768 * 1024;
/** Less is not worth being kept. */
const worthBytes = 128 * 1024;
/** Writes of several logs may be under way. */
const keptFree = 2;

const free: Buffer[] = [];

/** Memory to write up to so many bytes from, used again after `giveBack`: large memory is dear to get and to collect. */
export function takeMemory(bytes: number): Buffer {
  return bytes < worthBytes ? Buffer.allocUnsafe(bytes) : (free.pop() ?? Buffer.allocUnsafeSlow(usualBytes));
}

export function giveBack(memory: Buffer): void {
  if (memory.length === usualBytes && free.length < keptFree) free.push(memory);
}

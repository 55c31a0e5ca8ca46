import type { Readable, Writable } from 'node:stream';

export interface PumpOptions {
  /** So many bytes went over. */
  moved(bytes: number): void;
  /** The sink takes no more for now, or again. */
  stalled?(isStalled: boolean): void;
  /** The source is at its end; the sink is yet to be ended. */
  ended(): void;
}

/** Moves bytes at the pace of the slower side. Answers a function that stops it, and discards what still comes. */
export function pump(source: Readable, sink: Writable, { moved, stalled, ended }: PumpOptions): () => void {
  const onData = (chunk: Buffer): void => {
    moved(chunk.length);
    if (sink.write(chunk)) return;
    source.pause();
    stalled?.(true);
  };
  const onDrain = (): void => {
    stalled?.(false);
    source.resume();
  };
  const stop = (): void => {
    source.off('data', onData);
    source.off('end', onEnd);
    sink.off('drain', onDrain);
    source.resume();
  };
  const onEnd = (): void => {
    sink.off('drain', onDrain);
    ended();
  };
  sink.on('drain', onDrain);
  source.on('end', onEnd);
  source.on('data', onData);
  return stop;
}

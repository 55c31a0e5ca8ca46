import type { LogStreamName, OutputReceiver, ProcessHandle } from '@project-runner/core';

import { chunkMemory, leaseOf } from './chunk-memory.ts';
import type { ChunkLease } from './chunk-memory.ts';
import { createLineSplitter } from './line-splitter.ts';
import type { LineSplitter } from './line-splitter.ts';
import type { LineDispatcher } from './log-pipeline.ts';
import { droppedNotice } from './loss-notice.ts';
import type { SecretMask } from './secret-mask.ts';

/** Cuts the output of one run of a server into lines. */
export interface RunReceiver extends OutputReceiver {
  /** Where to read on: bytes of each stream that were cut into lines. */
  readonly from: Readonly<Record<LogStreamName, number>>;
  /** Whom to tell that output is not needed any more. */
  attach(handle: Pick<ProcessHandle, 'release'>): void;
  release(stream: LogStreamName, end: number): void;
  /** The run is over: hands over last lines without a line ending. */
  end(): void;
}

export interface RunReceiverOptions {
  run: number;
  dispatcher: LineDispatcher;
  from: Record<LogStreamName, number>;
  mask?: SecretMask;
  /** Output is held back until then. */
  ready: Promise<void> | null;
  isEnded(): boolean;
}

export function createRunReceiver(options: RunReceiverOptions): RunReceiver {
  const { run, dispatcher, from, mask } = options;
  const cutUntil = { ...from };
  /** Bytes that came, or that will never come. */
  const taken = { ...from };
  let handle: Pick<ProcessHandle, 'release'> | null = null;
  let { ready } = options;
  void ready?.then(() => {
    ready = null;
  });

  /** Of the chunk that is being cut. */
  let lease: ChunkLease | undefined;

  const splitter = (stream: LogStreamName): LineSplitter =>
    createLineSplitter({
      ...(mask ? { mask } : {}),
      onLines(bytes, count, partial, rawLength) {
        const start = cutUntil[stream];
        cutUntil[stream] += rawLength;
        const kind = partial ? 'part' : 'lines';
        dispatcher.dispatch({ run, stream, start, end: cutUntil[stream], count, kind }, bytes, lease);
      },
    });
  const splitters = { stdout: splitter('stdout'), stderr: splitter('stderr') };

  /** What was given back before its end was written down is passed over by the launcher. */
  const passOver = (stream: LogStreamName, start: number): void => {
    if (start <= taken[stream]) return;
    splitters[stream].end();
    cutUntil[stream] = start;
    taken[stream] = start;
  };

  const push = (stream: LogStreamName, chunk: Uint8Array, end: number): Promise<void> | undefined => {
    if (options.isEnded()) return undefined;
    passOver(stream, end - chunk.length);
    taken[stream] += chunk.length;
    lease = leaseOf(chunk);
    splitters[stream].push(chunk, lease?.headroom);
    lease?.release();
    lease = undefined;
    return dispatcher.room()?.then(() => undefined);
  };

  const drop = (stream: LogStreamName, bytes: number, end: number): void => {
    if (options.isEnded()) return;
    splitters[stream].skip();
    const start = cutUntil[stream];
    cutUntil[stream] = end;
    taken[stream] = end;
    const text = droppedNotice(stream, bytes);
    dispatcher.dispatch({ run, stream, start, end, count: 1, kind: 'dropped' }, text);
  };

  return {
    from,
    memory: chunkMemory,
    onOutput: (stream, chunk, end) =>
      ready ? ready.then(() => push(stream, chunk, end)) : push(stream, chunk, end),
    onDropped: (stream, bytes, end) =>
      ready ? void ready.then(() => drop(stream, bytes, end)) : drop(stream, bytes, end),
    attach(to) {
      handle = to;
    },
    release: (stream, end) => handle?.release?.(stream, end),
    end() {
      splitters.stdout.end();
      splitters.stderr.end();
    },
  };
}

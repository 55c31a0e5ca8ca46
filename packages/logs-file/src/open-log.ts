import type { LogBatch, LogWriter } from '@project-runner/core';

import { formatBatch, formattedLength, roomFor } from './cri-line.ts';
import { openNewestSegment, openSegment } from './open-segment.ts';
import type { OpenSegment } from './open-segment.ts';
import { tidyLog } from './tidy-log.ts';
import type { TidyLogOptions } from './tidy-log.ts';
import { giveBack, takeMemory } from './write-memory.ts';

export interface OpenLogOptions extends TidyLogOptions {
  maxBytes: number;
}

/** Appends to the newest segment of a log and begins a new one when it is full. */
export async function openLog(dir: string, options: OpenLogOptions): Promise<LogWriter> {
  let current = await openNewestSegment(dir, options.maxBytes);
  /** Number of the last line that is in a file. */
  let position = current ? current.next - 1 : 0;
  /** What is added to the numbers of batches, where a log goes on whose writer counts from 1 again. */
  let shift: number | null = null;
  let tidying: Promise<void> = Promise.resolve();
  let failure: unknown = null;

  /** In the background: a server's lines do not wait for a compression. What failed is tried again next time. */
  const tidy = (): void => {
    tidying = tidying.then(async () => {
      try {
        await tidyLog(dir, options);
        failure = null;
      } catch (error) {
        failure = error;
      }
    });
  };

  const rotate = async (full: OpenSegment, first: number): Promise<OpenSegment> => {
    const next = await openSegment(dir, first);
    await full.close();
    tidy();
    return next;
  };

  return {
    async write(batch: LogBatch) {
      const isFirst = shift === null;
      shift ??= Math.max(0, position + 1 - batch.sequence);
      const first = batch.sequence + shift;
      const length = formattedLength(batch);
      current ??= await openSegment(dir, first);
      if (current.size > 0 && current.size + length > options.maxBytes)
        current = await rotate(current, first);
      const memory = takeMemory(roomFor(batch));
      const pieces = formatBatch(batch, current.next === first ? undefined : first, memory);
      await current.append(pieces, first + batch.count);
      giveBack(memory);
      position = first + batch.count - 1;
      if (isFirst) tidy();
    },
    position: () => position,
    async close() {
      await current?.close();
      current = null;
      await tidying;
      if (failure) throw failure;
    },
  };
}

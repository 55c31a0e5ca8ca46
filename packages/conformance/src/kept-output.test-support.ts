import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import type { LogStreamName, OutputReceiver } from '@project-runner/core';

type Places = Readonly<Record<LogStreamName, number>>;

/** All output of a process, for any number of readers. */
export interface KeptOutput {
  bytes: Record<LogStreamName, Buffer>;
  /** Hands output over from a place on; resolves when there is no more, or at the abort. */
  follow(receiver: OutputReceiver, from: Places, signal: AbortSignal): Promise<void>;
}

export function keepOutput(child: ChildProcess): KeptOutput {
  const bytes: KeptOutput['bytes'] = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  let isWhole = false;
  let changed = Promise.withResolvers<void>();
  const tell = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Uint8Array) => {
      bytes[stream] = Buffer.concat([bytes[stream], chunk]);
      tell();
    });
  }
  const whole = (): void => {
    isWhole = true;
    tell();
  };
  // A process that could not be started has no output.
  void once(child, 'close').then(whole, whole);

  const followOne = async (
    stream: LogStreamName,
    from: number,
    onOutput: OutputReceiver['onOutput'],
    signal: AbortSignal,
  ): Promise<void> => {
    let place = from;
    while (!signal.aborted) {
      const chunk = Buffer.from(bytes[stream].subarray(place));
      if (chunk.length > 0) {
        place += chunk.length;
        await onOutput(stream, chunk, place);
      } else if (isWhole) return;
      else await changed.promise;
    }
  };
  return {
    bytes,
    follow: async ({ onOutput }, from, signal) => {
      await Promise.all([
        followOne('stdout', from.stdout, onOutput, signal),
        followOne('stderr', from.stderr, onOutput, signal),
      ]);
    },
  };
}

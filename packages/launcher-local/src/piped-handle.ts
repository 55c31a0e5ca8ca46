import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { LaunchSpec, LogStreamName, ProcessExit, ProcessHandle, ProcessRef } from '@project-runner/core';

import { guarded } from './guarded.ts';
import { treeHandle } from './tree-handle.ts';

export interface PipedHandleOptions {
  child: Pick<ChildProcess, 'stdout' | 'stderr' | 'on'>;
  exited: Promise<ProcessExit>;
  ref: ProcessRef;
  spec: LaunchSpec;
  drainOutputMs: number;
}

/** The handle of a child whose output comes through pipes: what it has not written when it crashes, and its exit when the runner is gone, are lost. */
export function pipedHandle({
  child,
  ref,
  spec,
  drainOutputMs,
  ...given
}: PipedHandleOptions): ProcessHandle {
  let ended: ProcessExit | null = null;
  const exited = given.exited.then((exit) => (ended = exit));
  const read = Promise.all([readOutput(child, 'stdout', spec), readOutput(child, 'stderr', spec)]);
  child.on('message', (message) => guarded(() => spec.onMessage?.(message)));
  const closed = exited.then(async () => {
    const limit = new AbortController();
    const late = delay(drainOutputMs, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([read, late]);
    limit.abort();
    child.stdout?.destroy();
    child.stderr?.destroy();
  });
  return { ...treeHandle({ ref, leader: ref, id: spec.id, exited }), closed, exit: () => ended };
}

function readOutput(
  child: PipedHandleOptions['child'],
  stream: LogStreamName,
  spec: LaunchSpec,
): Promise<void> {
  const pipe = child[stream];
  if (!pipe) return Promise.resolve();
  let end = 0;
  /** What was not taken over yet, in order: a pipe that is paused reads on when its process exits. */
  let taking: Promise<void> | null = null;
  const take = (chunk: Uint8Array, upTo: number): Promise<void> | null =>
    guarded(() => spec.onOutput(stream, chunk, upTo));
  return new Promise((resolve) => {
    pipe.on('data', (chunk: Uint8Array) => {
      const upTo = (end += chunk.length);
      const taken = taking ? taking.then(() => take(chunk, upTo) ?? undefined) : take(chunk, upTo);
      if (!taken) return;
      taking = taken;
      pipe.pause();
      void taken.finally(() => {
        if (taking !== taken) return;
        taking = null;
        pipe.resume();
      });
    });
    const over = (): void => void Promise.resolve(taking).then(() => resolve());
    pipe.once('close', over);
    // A broken pipe ends the output; how the process itself ended is told by its exit.
    pipe.once('error', over);
  });
}

import type { ServerLimits } from '@project-runner/core';

import { watchLiveness } from './watch-liveness.ts';
import type { WatchLivenessOptions } from './watch-liveness.ts';

export interface WatchHealthOptions extends Omit<WatchLivenessOptions, 'onFailure'> {
  limits: Readonly<ServerLimits> | undefined;
  /** Called once for each thing that is wrong. `isFinal`: it is not to be started again. */
  onFailure(why: string, isFinal: boolean): void;
}

/** Watches a server, until it ends or `signal` aborts, for what would make it one that is not well. */
export function watchHealth({ limits, onFailure, ...options }: WatchHealthOptions): void {
  const { context, handle } = options;
  const ended = new AbortController();
  void handle.exited.then(() => ended.abort());
  const signal = AbortSignal.any([options.signal, ended.signal]);
  watchLiveness({ ...options, signal, onFailure: (why) => onFailure(why, false) });
  if (limits?.memoryMb === undefined) return;
  context.memory.add({
    handle,
    limitMb: limits.memoryMb,
    signal,
    onOver: (why) => {
      const isFinal = limits.onMemory === 'kill';
      // Whoever stops it after this, with patience, joins this stop without any.
      if (isFinal) handle.stop({ graceMs: 0 }).catch(() => undefined);
      onFailure(why, isFinal);
    },
  });
}

import { setTimeout as delay } from 'node:timers/promises';

import type {
  LaunchSpec,
  ListeningSocket,
  LogStreamName,
  ProcessExit,
  ProcessHandle,
  ProcessRef,
} from '@project-runner/core';
import type { ChildProcess } from 'node:child_process';

import { hasProc } from './has-proc.ts';
import { listeningSockets } from './listening-sockets.ts';
import { findTree } from './process-tree.ts';
import type { ProcStat } from './proc-stat.ts';
import { stopTreePortable } from './stop-tree-portable.ts';
import { stopTree } from './stop-tree.ts';
import { createUsageSampler } from './tree-usage.ts';

export interface CreateHandleOptions {
  child: Pick<ChildProcess, 'stdout' | 'stderr' | 'on' | 'once' | 'unref'>;
  ref: ProcessRef;
  spec: LaunchSpec;
  drainOutputMs: number;
}

/** The handle of a child of this very process. */
export function createHandle({ child, ref, spec, drainOutputMs }: CreateHandleOptions): ProcessHandle {
  let ended: ProcessExit | null = null;
  const exited = new Promise<ProcessExit>((resolve) => {
    // `exit`, not `close`: that waits for whoever still holds the pipes.
    child.once('exit', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  const read = Promise.all([readOutput(child, 'stdout', spec), readOutput(child, 'stderr', spec)]);
  child.on('message', (message) => guard(() => spec.onMessage?.(message)));
  const closed = exited.then(async () => {
    const limit = new AbortController();
    const late = delay(drainOutputMs, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([read, late]);
    limit.abort();
    child.stdout?.destroy();
    child.stderr?.destroy();
  });
  return { ...treeHandle(ref, spec.id, exited), closed, exit: () => ended };
}

/** What can be done with a tree, whoever its parent is. */
export function treeHandle(
  ref: ProcessRef,
  id: string,
  exited: Promise<ProcessExit>,
): Pick<ProcessHandle, 'ref' | 'exited' | 'stop' | 'usage' | 'listening'> {
  const members = (): ProcStat[] => findTree(id, ref);
  const sampler = createUsageSampler(ref.pid, members);
  let stopping: Promise<void> | null = null;
  return {
    ref,
    exited,
    stop: ({ graceMs }) => {
      stopping ??= (
        hasProc ? stopTree({ members, graceMs, exited }) : stopTreePortable(ref.pid, graceMs, exited)
      ).finally(() => {
        // A stop that failed may be tried again.
        stopping = null;
      });
      return stopping;
    },
    usage: () => sampler.sample(),
    listening: (port) => Promise.resolve(hasProc ? listening(ref, members, port) : null),
  };
}

/** The root alone first: it is nearly always the one that listens, and the whole tree costs a pass over `/proc`. */
function listening(ref: ProcessRef, members: () => ProcStat[], port: number | undefined): ListeningSocket[] {
  const own = port === undefined ? [] : listeningSockets([ref.pid], port);
  if (own.some((socket) => socket.port === port)) return own;
  return listeningSockets(
    members().map((stat) => stat.pid),
    port,
  );
}

function readOutput(
  child: CreateHandleOptions['child'],
  stream: LogStreamName,
  spec: LaunchSpec,
): Promise<void> {
  const pipe = child[stream];
  if (!pipe) return Promise.resolve();
  return new Promise((resolve) => {
    pipe.on('data', (chunk: Uint8Array) => guard(() => spec.onOutput(stream, chunk)));
    pipe.once('close', resolve);
    // A broken pipe ends the output; how the process itself ended is told by its exit.
    pipe.once('error', () => resolve());
  });
}

/** A callback that throws is its owner's bug: shown as an uncaught exception would hit the wrong one, the server. */
function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}

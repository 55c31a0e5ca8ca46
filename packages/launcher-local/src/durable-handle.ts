import { setImmediate as turn } from 'node:timers/promises';

import type {
  LogStreamName,
  OutputReceiver,
  ProcessExit,
  ProcessHandle,
  ProcessRef,
} from '@project-runner/core';

import type { Cgroup } from './cgroup.ts';
import { guarded } from './guarded.ts';
import { hasProc } from './has-proc.ts';
import { mayHaveLeftBehind } from './left-behind.ts';
import { markerVariable } from './marker.ts';
import { readProcFile } from './proc-stat.ts';
import { readRange } from './read-range.ts';
import type { RunFolder } from './run-folder.ts';
import { createSpoolReader } from './spool-reader.ts';
import type { SpoolReader } from './spool-reader.ts';
import { treeHandle } from './tree-handle.ts';

export interface DurableHandleOptions {
  id: string;
  ref: ProcessRef;
  shim: ProcessRef;
  run: RunFolder;
  /** Of the tree; `null` where none could be made. */
  cgroup: Cgroup | null;
  receiver: OutputReceiver;
  from: Readonly<Record<LogStreamName, number>>;
  budgetBytes: number;
  minFreeBytes: number;
  punchHoles: boolean;
  /** Resolves at the end of the process. */
  exited: Promise<ProcessExit>;
  /** Ends the watch for `exited`. */
  detach(): void;
}

/**
 * The handle of a process that lives with its shim and its spools, whoever started it.
 * @throws Error of the file system; then it is as after `detach`
 */
export function durableHandle(options: DurableHandleOptions): ProcessHandle {
  const { id, ref, shim, run, cgroup, receiver } = options;
  let ended: ProcessExit | null = null;
  let outOfMemory = false;
  let peakMemory: number | null = null;
  const exited = options.exited.then((exit) => {
    ended = exit;
    try {
      // The group tells, and goes with the tree.
      outOfMemory = cgroup?.outOfMemory() ?? false;
      peakMemory = cgroup?.peakMemory() ?? null;
    } catch {
      // Too many files are open in this process: why it ended stays unknown, that it did is not.
    }
    return exit;
  });
  let isClosed = false;
  const reader = (stream: LogStreamName, first?: SpoolReader): SpoolReader =>
    createSpoolReader({
      file: run.spool(stream),
      from: options.from[stream],
      budgetBytes: options.budgetBytes,
      minFreeBytes: options.minFreeBytes,
      punchHoles: options.punchHoles,
      memory: (bytes) => receiver.memory?.(bytes) ?? Buffer.allocUnsafe(bytes),
      onChunk: async (chunk, end) => {
        await first?.catchUp();
        // Let go of while it waited.
        if (isClosed) return;
        await guarded(() => receiver.onOutput(stream, chunk, end));
      },
      onDropped: (bytes, end) => void guarded(() => receiver.onDropped?.(stream, bytes, end)),
    });
  const readers = openReaders(reader, options.detach);
  const close = (): void => {
    isClosed = true;
    readers.stdout.close();
    readers.stderr.close();
  };

  const tree = treeHandle({ ref, leader: shim, id, exited, cgroup });
  let stopping: Promise<void> | null = null;
  const closed = exited.then(async () => {
    // Whoever hears of the exit may stop what is left of the tree; its last words belong to the log, too.
    await turn();
    await stopping?.catch(() => undefined);
    await Promise.all([readers.stdout.catchUp(), readers.stderr.catchUp()]);
    close();
    await cgroup?.remove();
  });

  return {
    ...tree,
    exited,
    closed,
    exit: () => ended,
    stop: (stop) => {
      stopping = tree.stop(stop).then(() => cgroup?.remove('patience'));
      return stopping;
    },
    release: (stream, end) => readers[stream].release(end),
    readOutput: (stream, start, end) => readRange(run.spool(stream), start, end),
    detach() {
      options.detach();
      close();
    },
    // As its shim told: a short process has left the group by now.
    enforced: cgroup?.enforcedBy(run.readJoined()) ?? {},
    outOfMemory: () => outOfMemory || (cgroup?.outOfMemory() ?? false),
    account: () => ended && { endedAt: null, cpuMs: null, ...run.readAccount(), peakMemoryBytes: peakMemory },
    leftBehind: () => mayHaveLeftBehind(id, shim, cgroup),
    environment: () => readEnvironment(shim.pid, id),
  };
}

function openReaders(
  open: (stream: LogStreamName, first?: SpoolReader) => SpoolReader,
  detach: () => void,
): Record<LogStreamName, SpoolReader> {
  let stdout: SpoolReader | null = null;
  try {
    stdout = open('stdout');
    // What a server prints before it complains belongs before the complaint.
    return { stdout, stderr: open('stderr', stdout) };
  } catch (error) {
    stdout?.close();
    detach();
    throw error;
  }
}

/** Of the shim, which never changes its own. */
function readEnvironment(pid: number, id: string): Record<string, string> | null {
  const text = hasProc ? readProcFile(`${pid}/environ`) : null;
  if (!text) return null;
  const entries = text
    .split('\0')
    .filter((item) => item.includes('='))
    .map((item) => [item.slice(0, item.indexOf('=')), item.slice(item.indexOf('=') + 1)] as const);
  const { [markerVariable]: marker, ...variables } = Object.fromEntries(entries);
  return marker === id ? variables : null;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { JobHandle, JobRun, JobResult, JobSpec, JobsOptions } from '@project-runner/jobs';
import { onTestFinished } from 'vitest';

import { eventually } from './eventually.ts';

const script = fileURLToPath(new URL('jobs-caller.mjs', import.meta.url));

export interface CallerOrder {
  options: JobsOptions;
  spec: JobSpec;
  runs: readonly JobRun[];
  background?: boolean;
  /** A file that it waits for when it is ready. */
  gate?: string;
  /** A run of somebody else, after its own. */
  waitFor?: JobHandle;
  /** It ends when it has its results, without a `close`. */
  leave?: boolean;
}

export interface JobsCaller {
  pid: number;
  /** What it has said so far. */
  said: readonly { ready?: true; handle?: JobHandle; result?: JobResult }[];
  /** Resolves when it is about to run. */
  ready: Promise<unknown>;
  exited: Promise<unknown>;
  /** Resolves when the condition holds, or the caller has ended. */
  until(holds: () => boolean): Promise<unknown>;
  signal(signal: NodeJS.Signals): void;
}

/** Starts a process that asks for runs. */
export function spawnJobsCaller(order: CallerOrder): JobsCaller {
  const child = spawn(process.execPath, [script, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: JobsCaller['said'][number][] = [];
  const ready = Promise.withResolvers<unknown>();
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const end = text.lastIndexOf('\n') + 1;
    for (const line of text.slice(0, end).split('\n').filter(Boolean)) said.push(JSON.parse(line) as never);
    text = text.slice(end);
    if (said.length > 0) ready.resolve(null);
  });
  const exited = once(child, 'close');
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    pid: child.pid ?? 0,
    said,
    ready: Promise.race([ready.promise, exited]),
    exited,
    until: (holds) =>
      eventually(
        () => holds() || isGone(),
        (isMet) => isMet,
      ),
    signal: (signal) => void child.kill(signal),
  };
}

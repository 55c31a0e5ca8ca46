import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';

import type { LauncherPlugin, LaunchSpec, LogStreamName, ProcessHandle } from '@project-runner/core';

import { within } from './within.ts';

/** Below the 5 s after which most test runners end a test without saying what hung. */
export const patienceMs = 4000;

/** Code of a process that stays, but not for long where the launcher under test cannot stop it. */
export const stay = 'setTimeout(() => {}, 15_000);';

export interface Launched {
  handle: ProcessHandle;
  output(stream?: LogStreamName): string;
  /** Resolves when the output contains the text. */
  says(text: string): Promise<void>;
  exited(): ProcessHandle['exited'];
  closed(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

export type LaunchNode = (code: string, changes?: Partial<LaunchSpec>) => Promise<Launched>;

/** Lets a check launch Node processes, and stops what it leaves behind. */
export async function withLauncher(
  launcher: LauncherPlugin,
  use: (launch: LaunchNode) => Promise<void>,
): Promise<void> {
  const handles: ProcessHandle[] = [];
  try {
    await use(async (code, changes) => {
      const launched = await launch(launcher, { ...nodeSpec(code), ...changes });
      handles.push(launched.handle);
      return launched;
    });
  } finally {
    // A launcher that cannot stop is told by the check that is about it.
    const stops = handles.map(async (handle) => handle.stop({ graceMs: 0 }));
    await Promise.allSettled(stops.map((stop) => within(patienceMs, stop, 'stop must settle')));
  }
}

export function nodeSpec(code: string): LaunchSpec {
  return {
    id: randomUUID(),
    file: process.execPath,
    args: ['-e', code],
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '' },
    ipc: false,
    onOutput: () => undefined,
  };
}

async function launch(launcher: LauncherPlugin, spec: LaunchSpec): Promise<Launched> {
  const texts: [LogStreamName, string][] = [];
  const waiting = new Set<() => void>();
  const output = (wanted?: LogStreamName): string =>
    texts.map(([stream, text]) => (wanted === undefined || stream === wanted ? text : '')).join('');
  const started = launcher.launch({
    ...spec,
    onOutput: (stream, chunk) => {
      texts.push([stream, Buffer.from(chunk).toString()]);
      for (const look of waiting) look();
    },
  });
  const handle = await within(patienceMs, started, 'launch must answer a handle when the process runs');
  return {
    handle,
    output,
    says: (wanted) => {
      const said = new Promise<void>((resolve) => {
        const look = (): void => {
          if (output().includes(wanted)) resolve();
        };
        waiting.add(look);
        look();
      });
      return within(
        patienceMs,
        said,
        `onOutput must get what the process prints as it comes: ${JSON.stringify(wanted)}`,
      );
    },
    exited: () => within(patienceMs, handle.exited, 'exited must resolve when the first process exits'),
    closed: () => within(patienceMs, handle.closed, 'closed must resolve soon after the exit'),
    stop: (graceMs) =>
      within(
        patienceMs,
        handle.stop({ graceMs }),
        'stop must settle: SIGTERM, SIGKILL after the grace, done',
      ),
  };
}

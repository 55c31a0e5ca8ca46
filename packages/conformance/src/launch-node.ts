import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AdoptRequest, LauncherPlugin, LaunchSpec, ProcessHandle } from '@project-runner/core';

import { patienceMs, recordOutput } from './output-recorder.ts';
import type { RecordedOutput } from './output-recorder.ts';
import { within } from './within.ts';

/** Code of a process that stays, but not for long where the launcher under test cannot stop it. */
export const stay = 'setTimeout(() => {}, 15_000);';

export interface Launched extends RecordedOutput {
  handle: ProcessHandle;
  spec: LaunchSpec;
  exited(): ProcessHandle['exited'];
  closed(): Promise<void>;
  stop(graceMs: number): Promise<void>;
  /** Lets go of it, as a runner does that leaves its servers. */
  detach(): void;
}

export type LaunchNode = (code: string, changes?: Partial<LaunchSpec>) => Promise<Launched>;

/** Takes over with another plugin, as the next runner would, where the last one stopped to read. */
export type Adopt = (earlier: Launched, changes?: Partial<AdoptRequest>) => Promise<Launched>;

export interface WithLauncherOptions {
  create(): LauncherPlugin;
  /** Each process gets a folder to outlive the runner in. */
  folder?: boolean;
}

/** Lets a check launch Node processes, and stops what it leaves behind. */
export async function withLauncher(
  { create, folder = false }: WithLauncherOptions,
  use: (launch: LaunchNode, adopt: Adopt) => Promise<void>,
): Promise<void> {
  const launcher = create();
  const handles = new Set<ProcessHandle>();
  const folders: string[] = [];
  const newFolder = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'conformance-'));
    folders.push(dir);
    return dir;
  };
  const noted = (launched: Launched): Launched => {
    handles.add(launched.handle);
    let left: ReturnType<Launched['taken']> | undefined;
    return {
      ...launched,
      taken: () => left ?? launched.taken(),
      detach() {
        left = launched.taken();
        // What was let go of is stopped by who adopts it, or ends by itself.
        handles.delete(launched.handle);
        launched.detach();
      },
    };
  };
  try {
    await use(
      async (code, changes) => {
        const spec = { ...nodeSpec(code), ...(folder ? { dir: newFolder() } : {}), ...changes };
        return noted(await launch(launcher, spec));
      },
      async (earlier, changes) => noted(await adopt(create(), earlier, changes)),
    );
  } finally {
    // A launcher that cannot stop is told by the check that is about it.
    const stops = [...handles].map(async (handle) => handle.stop({ graceMs: 0 }));
    await Promise.allSettled(stops.map((stop) => within(patienceMs, stop, 'stop must settle')));
    for (const dir of folders) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
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
  const { receiver, ...recorded } = recordOutput({ stdout: 0, stderr: 0 }, spec);
  const started = launcher.launch({ ...spec, ...receiver });
  const handle = await within(patienceMs, started, 'launch must answer a handle when the process runs');
  return { ...recorded, ...waits(handle), spec };
}

async function adopt(
  launcher: LauncherPlugin,
  { spec, handle: { ref }, taken }: Launched,
  changes: Partial<AdoptRequest> = {},
): Promise<Launched> {
  const { id, dir } = spec;
  const from = changes.from ?? taken();
  const { receiver, ...recorded } = recordOutput(from, { onOutput: () => undefined });
  const request = { id, ref, ...(dir === undefined ? {} : { dir }), from, ...changes, ...receiver };
  const handle = await within(
    patienceMs,
    (async () => launcher.adopt?.(request))(),
    'adopt must answer a handle or null',
  );
  assert.ok(
    handle,
    'adopt must find by its folder the process that was launched with it, found no trace of it',
  );
  return { ...recorded, ...waits(handle), spec };
}

function waits(handle: ProcessHandle): Pick<Launched, 'handle' | 'exited' | 'closed' | 'stop' | 'detach'> {
  return {
    handle,
    exited: () => within(patienceMs, handle.exited, 'exited must resolve when the first process exits'),
    closed: () => within(patienceMs, handle.closed, 'closed must resolve soon after the exit'),
    stop: (graceMs) =>
      within(
        patienceMs,
        handle.stop({ graceMs }),
        'stop must settle: SIGTERM, SIGKILL after the grace, done',
      ),
    detach() {
      assert.equal(
        typeof handle.detach,
        'function',
        `the handle of a launcher that has adopt must have detach, found ${typeof handle.detach}`,
      );
      handle.detach?.();
    },
  };
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { LauncherPlugin, LaunchSpec, ProcessExit, ProcessHandle } from '@project-runner/core';

/** Whether the processes of a group can be looked up. */
export const hasProc: boolean = existsSync('/proc/self/stat');

/** What is done differently from the launcher that is right. */
export interface LauncherBreaks {
  spec?: (spec: LaunchSpec) => LaunchSpec;
  handle?: (handle: ProcessHandle) => Partial<ProcessHandle>;
  failure?: unknown;
}

const pids: number[] = [];

/** A launcher whose tree is the process group: right for processes that do not leave it. */
export function groupLauncher(breaks: LauncherBreaks = {}): LauncherPlugin {
  const { spec = (given) => given, handle, failure } = breaks;
  return {
    kind: 'launcher',
    name: 'group',
    apiVersion: 1,
    launch: async (given) => {
      const good = await launch(spec(given)).catch((error: unknown) => {
        throw failure ?? error;
      });
      pids.push(good.ref.pid);
      return { ...good, ...handle?.(good) };
    },
  };
}

/** Kills what launchers that cannot stop have left. */
export function killLaunched(): void {
  for (const pid of pids.splice(0)) signalGroup(pid, 'SIGKILL');
}

/** Sends a signal to the whole group, as far as it is there. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function launch({
  file,
  args,
  cwd,
  env,
  ipc,
  onOutput,
  onMessage,
}: LaunchSpec): Promise<ProcessHandle> {
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  });
  let ended: ProcessExit | null = null;
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  child.stdout?.on('data', (chunk: Uint8Array) => void onOutput('stdout', chunk, 0));
  child.stderr?.on('data', (chunk: Uint8Array) => void onOutput('stderr', chunk, 0));
  child.on('message', (message) => onMessage?.(message));
  const closed = once(child, 'close').then(
    () => undefined,
    () => undefined,
  );
  const pid = await spawned(child, file);
  let stopping: Promise<void> | undefined;
  return {
    ref: { pid, startTime: null, bootId: null },
    exited,
    closed,
    exit: () => ended,
    stop: ({ graceMs }) => (stopping ??= stop(pid, graceMs, exited)),
    usage: () => {
      const members = ended && !hasProc ? [] : groupMembers(pid);
      const memoryBytes = members.reduce((sum, bytes) => sum + bytes, 0);
      return Promise.resolve(members.length === 0 ? null : { memoryBytes, cpuPercent: 0 });
    },
    listening: () => Promise.resolve(null),
  };
}

async function spawned(child: ChildProcess, file: string): Promise<number> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new ProjectRunnerError('SPAWN_FAILED', `${file} could not be started`, { cause });
  }
  return child.pid ?? 0;
}

async function stop(pid: number, graceMs: number, exited: Promise<unknown>): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  if (!(await goneWithin(pid, graceMs))) signalGroup(pid, 'SIGKILL');
  await goneWithin(pid, 3000);
  await exited;
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (groupMembers(pid).length > 0) {
    if (performance.now() >= end) return false;
    await delay(5);
  }
  return true;
}

/** The memory of each living process of a group. Signal 0 would find the dead, too, until somebody reaps them. */
function groupMembers(group: number): number[] {
  if (!hasProc) return signalled(group) ? [2 ** 26] : [];
  return readdirSync('/proc').flatMap((name) => {
    const stat = /^\d+$/.test(name) ? statOf(name) : '';
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isLiving = Number(fields[2]) === group && fields[0] !== 'Z' && fields[0] !== 'X';
    return isLiving ? [Number(fields[21]) * 4096] : [];
  });
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // Gone since the folder was listed.
    return '';
  }
}

function signalled(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    // Nobody there: what was asked.
    return false;
  }
}

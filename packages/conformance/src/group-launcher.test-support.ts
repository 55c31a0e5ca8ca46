import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type {
  AdoptRequest,
  LauncherPlugin,
  LaunchSpec,
  OutputReceiver,
  ProcessExit,
  ProcessHandle,
} from '@project-runner/core';

import { keepOutput } from './kept-output.test-support.ts';
import type { KeptOutput } from './kept-output.test-support.ts';

/** Whether the processes of a group can be looked up. */
export const hasProc: boolean = existsSync('/proc/self/stat');

/** What is done differently from the launcher that is right. */
export interface LauncherBreaks {
  spec?: (spec: LaunchSpec) => LaunchSpec;
  handle?: (handle: ProcessHandle, run: Run) => Partial<ProcessHandle>;
  failure?: unknown;
  /** Processes with a folder can be adopted. */
  durable?: boolean;
  request?: (request: AdoptRequest, run: Run) => AdoptRequest;
  adopted?: (handle: ProcessHandle) => Partial<ProcessHandle>;
  /** Answers for a process of which there is no trace. */
  untraced?: (request: AdoptRequest) => ProcessHandle | null;
}

/** A process, whoever has a handle of it. */
export interface Run {
  id: string;
  pid: number;
  env: Readonly<Record<string, string>>;
  output: KeptOutput;
  exited: Promise<ProcessExit>;
  exit: () => ProcessExit | null;
}

/** By folder. A real launcher keeps this in the folder; here the process that would have to find it there is the same. */
const runs = new Map<string, Run>();
const pids: number[] = [];

/** A launcher whose tree is the process group: right for processes that do not leave it. */
export function groupLauncher(breaks: LauncherBreaks = {}): LauncherPlugin {
  const { spec = (given) => given, request = (given) => given, untraced = () => null } = breaks;
  return {
    kind: 'launcher',
    name: 'group',
    apiVersion: 1,
    inherits: true,
    launch: async (given) => {
      const changed = spec(given);
      const run = await start(changed).catch((error: unknown) => {
        throw breaks.failure ?? error;
      });
      pids.push(run.pid);
      if (given.dir !== undefined) runs.set(given.dir, run);
      const good = handleOf(run, changed, { stdout: 0, stderr: 0 });
      return { ...good, ...breaks.handle?.(good, run) };
    },
    ...(breaks.durable && {
      adopt: async (given) => {
        const run = runs.get(given.dir ?? '');
        if (run?.id !== given.id) return untraced(given);
        const changed = request(given, run);
        const good = handleOf(run, changed, changed.from);
        return { ...good, ...breaks.adopted?.(good) };
      },
    }),
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

async function start(spec: LaunchSpec): Promise<Run> {
  const { id, file, args, cwd, env, ipc, inherit = [], stdin, claim, onMessage } = spec;
  if (claim !== undefined) writeFileSync(claim, '', { flag: 'wx' });
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: [
      stdin === undefined ? 'ignore' : openSync(stdin, 'r'),
      'pipe',
      'pipe',
      ...inherit,
      ...(ipc ? (['ipc'] as const) : []),
    ],
  });
  let ended: ProcessExit | null = null;
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  const output = keepOutput(child);
  child.on('message', (message) => onMessage?.(message));
  return { id, pid: await spawned(child, file), env, output, exited, exit: () => ended };
}

function handleOf(
  { pid, env, output, exited, exit }: Run,
  receiver: OutputReceiver,
  from: AdoptRequest['from'],
): ProcessHandle {
  const detached = new AbortController();
  let stopping: Promise<void> | undefined;
  return {
    ref: { pid, startTime: null, bootId: null },
    exited,
    closed: output.follow(receiver, from, detached.signal),
    exit,
    stop: ({ graceMs }) => (stopping ??= stop(pid, graceMs, exited)),
    usage: () => {
      const members = exit() && !hasProc ? [] : groupMembers(pid);
      const memoryBytes = members.reduce((sum, bytes) => sum + bytes, 0);
      return Promise.resolve(members.length === 0 ? null : { memoryBytes, cpuPercent: 0 });
    },
    listening: () => Promise.resolve(null),
    release: (stream, end) => void output.bytes[stream].fill(0, 0, end),
    readOutput: (stream, start, end) => output.bytes[stream].subarray(start, end),
    detach: () => detached.abort(),
    environment: () => env,
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

import { setTimeout as delay } from 'node:timers/promises';

import { ProjectRunnerError } from '@project-runner/core';
import type { ProcessRef } from '@project-runner/core';

import type { ProcStat } from './proc-stat.ts';
import type { TreeMembers } from './tree-members.ts';

export interface StopTreeOptions {
  members: TreeMembers;
  /** A shim ends by itself and tells how its child ended, so it is left alone while others live; `null` for none. */
  shim: ProcessRef | null;
  graceMs: number;
  /** SIGKILL to all of them at once, where the system can. */
  killGroup?(): void;
  /** Resolves when the first process exits, so that a quick exit is noticed at once. */
  exited: Promise<unknown>;
}

/** Looks at a shim without a child before it is taken for stuck. */
const shimLooks = 20;
/** Looks that found nobody and may have missed somebody, on a machine that forks without a pause. */
const unsureLooks = 50;
/** From one look at processes that are known to the next, in ms. */
const glanceMs = 5;
/** How long processes may take to vanish after SIGKILL. */
const killPatienceMs = 3000;

/**
 * One SIGTERM to each process of a tree (a Mastra server exits hard on a second one), SIGKILL after the grace; resolves
 * when a look finds nobody and nobody can have been missed.
 * @throws ProjectRunnerError `STOP_FAILED` naming the survivors
 */
export async function stopTree(options: StopTreeOptions): Promise<void> {
  const asked = new Set<string>();
  const graceEnd = performance.now() + options.graceMs;
  if (await emptyBefore(graceEnd, options, asked, 'SIGTERM')) return;
  options.killGroup?.();
  const killEnd = performance.now() + killPatienceMs;
  if (await emptyBefore(killEnd, options, new Set(), 'SIGKILL')) return;
  const survivors = await options.members.find();
  const names = survivors.map((stat) => `${stat.pid} (${stat.command})`);
  if (names.length === 0) return;
  throw new ProjectRunnerError('STOP_FAILED', `These processes survived SIGKILL: ${names.join(', ')}`, {
    hint: 'A process in uninterruptible sleep waits for its disk or network; it goes when that answers',
  });
}

async function emptyBefore(
  deadline: number,
  { members, shim, exited }: StopTreeOptions,
  asked: Set<string>,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<boolean> {
  let unsure = 0;
  let alone = 0;
  let pause = 1;
  let first: Promise<unknown> | null = exited;
  for (;;) {
    const living = await members.find();
    if (living.length === 0) {
      if (unsure >= unsureLooks || !members.mayHide()) return true;
      unsure += 1;
    }
    const others = living.filter((stat) => stat.pid !== shim?.pid);
    alone = others.length === 0 ? alone + 1 : 0;
    for (const stat of alone > shimLooks ? living : others) signalOnce(stat, { signal, asked, members });
    if (performance.now() >= deadline) return false;
    const wait =
      living.length === 0 ? delay(1) : untilGone(others.length > 0 ? others : living, { members, ms: pause });
    await (first ? Promise.race([first, wait]) : wait);
    // Looking costs a pass over /proc: seldom while the tree takes its time, often at its beginning.
    pause = Math.min(pause * 1.5, 50);
    if (pause > 20) first = null;
  }
}

/** Waits, at most until these processes are gone: looking at a few costs next to nothing. */
async function untilGone(
  living: readonly ProcStat[],
  { members, ms }: { members: TreeMembers; ms: number },
): Promise<void> {
  const end = performance.now() + ms;
  for (let left = ms; left > 0; left = end - performance.now()) {
    await delay(Math.min(left, glanceMs));
    if (!living.some((stat) => members.seemsThere(stat))) return;
  }
}

interface Signalling {
  signal: NodeJS.Signals;
  /** Who got it already. */
  asked: Set<string>;
  members: TreeMembers;
}

function signalOnce(stat: ProcStat, { signal, asked, members }: Signalling): void {
  const key = `${stat.pid}:${stat.startTime}`;
  if (asked.has(key)) return;
  asked.add(key);
  // Never signal a pid that was given to somebody else since we looked.
  if (!members.isStillThere(stat)) return;
  try {
    process.kill(stat.pid, signal);
  } catch (error) {
    // Gone in between is what we want; anything else shows up as a survivor.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') asked.delete(key);
  }
}

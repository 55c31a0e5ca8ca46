import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { ProjectRunnerError } from '@project-runner/core';
import treeKill from 'tree-kill';

/** How long it may take to vanish. */
const killPatienceMs = 3000;

export interface StopTreeWindowsOptions {
  pid: number;
  /** Until its exit was told Node has a handle of it, so that nobody else gets its number. */
  hasExited(): boolean;
  exited: Promise<unknown>;
}

/**
 * Ends a child and what descends from it, by `taskkill`: there is no SIGTERM to be heard, and so no grace. What left the
 * tree is not found.
 * @throws ProjectRunnerError `STOP_FAILED`
 */
export async function stopTreeWindows({ pid, hasExited, exited }: StopTreeWindowsOptions): Promise<void> {
  if (hasExited()) return;
  await promisify<number, string>(treeKill)(pid, 'SIGKILL');
  await Promise.race([exited, delay(killPatienceMs, undefined, { ref: false })]);
  if (!hasExited()) throw new ProjectRunnerError('STOP_FAILED', `Process ${pid} survived taskkill`);
}

import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { ProjectRunnerError } from '@project-runner/core';
import treeKill from 'tree-kill';

import { isProcessAlive } from './process-ref.ts';

const signalTree = promisify<number, string>(treeKill);

/** For platforms without `/proc`: what `tree-kill` can find. Processes that left the tree are not found. */
export async function stopTreePortable(
  pid: number,
  graceMs: number,
  exited: Promise<unknown>,
): Promise<void> {
  if (!isProcessAlive(pid)) return;
  await signalTree(pid, 'SIGTERM');
  const grace = new AbortController();
  await Promise.race([exited, delay(graceMs, undefined, { signal: grace.signal }).catch(() => undefined)]);
  grace.abort();
  if (!isProcessAlive(pid)) return;
  await signalTree(pid, 'SIGKILL');
  await Promise.race([exited, delay(3000, undefined, { ref: false })]);
  if (isProcessAlive(pid)) {
    throw new ProjectRunnerError('STOP_FAILED', `Process ${pid} survived SIGKILL`);
  }
}

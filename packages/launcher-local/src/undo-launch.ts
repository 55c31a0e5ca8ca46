import type { Cgroup } from './cgroup.ts';
import { endSpawned } from './end-spawned.ts';
import type { Spawned } from './end-spawned.ts';
import { removeRunFolder } from './run-folder.ts';

export interface HalfLaunched {
  id: string;
  /** `null`: nothing was started. */
  spawned: Spawned | null;
  cgroup: Cgroup | null;
  /** The run folder, `null` without one. */
  dir: string | null;
}

/**
 * Ends and removes what a launch that failed has made, each part whatever becomes of the others.
 * @returns what went wrong with that
 */
export async function undoLaunch({ id, spawned, cgroup, dir }: HalfLaunched): Promise<unknown[]> {
  const problems: unknown[] = [];
  const attempt = async (step: () => void | Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (problem) {
      problems.push(problem);
    }
  };
  if (spawned) await attempt(() => endSpawned(id, spawned, cgroup));
  await attempt(() => cgroup?.remove('patience'));
  if (dir !== null) await attempt(() => removeRunFolder(dir));
  return problems;
}

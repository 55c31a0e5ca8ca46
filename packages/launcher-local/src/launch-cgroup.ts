import type { LaunchSpec, ProcessRef } from '@project-runner/core';

import { findCgroupBases } from './cgroup-bases.ts';
import type { Cgroup } from './cgroup.ts';
import { joinSoon } from './join-cgroup.ts';
import { lateCgroup } from './late-cgroup.ts';
import { makeCgroup } from './make-cgroup.ts';
import type { RunFolder } from './run-folder.ts';

export interface LaunchCgroup {
  /** `null` where none can be made. */
  group: Cgroup | null;
  /** Folders that the process is to join before its program starts. */
  joins: readonly string[];
  /** To be called as soon as there is the process. */
  started(shim: ProcessRef): void;
  /** From now on nobody removes what would still be made. */
  abandon(): void;
}

/**
 * The control group of a process that is about to be started, told in its folder for whoever comes after this runner.
 *
 * To join waits for all CPUs of the machine, 10 to 20 ms in which no thread is made: too much for a start that has no
 * limit to keep. Such a tree gets its group when it has come up.
 */
export function prepareCgroup(spec: LaunchSpec, run: RunFolder): LaunchCgroup {
  const { id, limits = {} } = spec;
  const make = (): Cgroup | null => {
    const made = makeCgroup(id, limits, findCgroupBases());
    try {
      if (made) run.writeCgroup(JSON.stringify(made.parts));
    } catch {
      // A full disk. The next runner will not know of the group, and some later one removes it.
    }
    return made;
  };
  const isWanted = Object.values(limits).some((limit) => limit !== undefined);
  const now = isWanted ? make() : null;
  if (now?.parts.some((part) => part.limits.length > 0)) {
    const nothing = (): void => undefined;
    return { group: now, joins: now.parts.map((part) => part.dir), started: nothing, abandon: nothing };
  }
  const group = lateCgroup(make, now);
  let leave: (() => void) | null = null;
  return {
    group,
    joins: [],
    started(shim) {
      leave = joinSoon({ id, shim, group });
    },
    abandon: () => leave?.(),
  };
}

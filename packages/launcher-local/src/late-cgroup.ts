import type { Cgroup } from './cgroup.ts';

/** A control group that is made when it is needed; until then it has nothing in it. */
export interface LateCgroup extends Cgroup {
  /** Makes it at the first call; its folders, none where it cannot be made. */
  open(): readonly string[];
}

/** `first`: one that was made already. */
export function lateCgroup(make: () => Cgroup | null, first: Cgroup | null): LateCgroup {
  let made: Cgroup | null | undefined = first ?? undefined;
  return {
    get parts() {
      return made?.parts ?? [];
    },
    open() {
      if (made === undefined) made = make();
      return made?.parts.map((part) => part.dir) ?? [];
    },
    enforcedBy: (joined) => made?.enforcedBy(joined) ?? {},
    members: () => made?.members() ?? [],
    kill: () => made?.kill(),
    outOfMemory: () => made?.outOfMemory() ?? false,
    peakMemory: () => made?.peakMemory() ?? null,
    remove: async (patience) => made?.remove(patience),
  };
}

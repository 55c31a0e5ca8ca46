import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { LaunchLimits } from '@project-runner/core';

import { groupPrefix } from './cgroup-bases.ts';
import type { CgroupBases } from './cgroup-bases.ts';
import { groupName, openCgroup, removeGroup } from './cgroup.ts';
import type { Cgroup, CgroupPart } from './cgroup.ts';
import { cgroupSettings } from './cgroup-settings.ts';

type Setting = (typeof cgroupSettings)[number];

/**
 * Makes the control group of a tree, with as many of its limits as the machine allows: by the unified hierarchy first,
 * then by those of single controllers. `null` where no group can be made. The tree must be put in by who starts it.
 */
export function makeCgroup(id: string, limits: LaunchLimits, bases: CgroupBases): Cgroup | null {
  const name = groupName(id);
  if (name === null) return null;
  sweep(bases);
  const wanted = cgroupSettings.filter(({ limit }) => limits[limit] !== undefined);
  const parts: CgroupPart[] = [];
  const { v2, v1 } = bases;
  if (v2) {
    const dir = join(v2.dir, name);
    const held = makeGroup(dir)
      ? wanted.filter(
          (setting) => v2.controllers.includes(setting.controller) && apply(dir, 2, setting, limits),
        )
      : null;
    if (held) parts.push({ dir, version: 2, limits: held.map(({ limit }) => limit) });
  }
  for (const setting of wanted) {
    const base = v1[setting.controller];
    if (base === undefined || parts.some((part) => part.limits.includes(setting.limit))) continue;
    const dir = join(base, name);
    if (!makeGroup(dir)) continue;
    if (apply(dir, 1, setting, limits)) parts.push({ dir, version: 1, limits: [setting.limit] });
    else if (!parts.some((part) => part.dir === dir)) removeGroup(dir);
  }
  return parts.length > 0 ? openCgroup(parts) : null;
}

/** What is left of an earlier run is empty, or is taken over with what did not end. */
function makeGroup(dir: string): boolean {
  try {
    mkdirSync(dir, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

function apply(dir: string, version: 1 | 2, setting: Setting, limits: LaunchLimits): boolean {
  const value = limits[setting.limit];
  if (value === undefined) return false;
  const must = version === 2 ? setting.v2(value) : setting.v1(value);
  const more = version === 2 ? setting.v2More?.(value) : setting.v1More?.(value);
  if (!must.every(([file, text]) => write(join(dir, file), text))) return false;
  for (const [file, text] of more ?? []) write(join(dir, file), text);
  return true;
}

function write(file: string, text: string): boolean {
  try {
    writeFileSync(file, text);
    return true;
  } catch {
    return false;
  }
}

/** Of runners that nobody came after. One that is new may be about to get its first process. */
const leftoverMs = 60_000;
const swept = new Set<string>();

function sweep({ v2, v1 }: CgroupBases): void {
  for (const base of [v2?.dir, ...Object.values(v1)]) {
    if (base === undefined || swept.has(base)) continue;
    for (const name of readdirSync(base)) {
      const dir = join(base, name);
      if (name.startsWith(groupPrefix) && isOld(dir)) removeGroup(dir);
    }
    swept.add(base);
  }
}

function isOld(dir: string): boolean {
  const stat = statSync(dir, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > leftoverMs;
}

import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { readProcFile } from './proc-stat.ts';
import { readText } from './read-text.ts';

export type CgroupController = 'memory' | 'cpu' | 'pids';

/** Where control groups can be made, as far as this process may. */
export interface CgroupBases {
  /** In the unified hierarchy, with the controllers that groups made there have. */
  v2: { dir: string; controllers: readonly CgroupController[] } | null;
  /** In a hierarchy of its own for each controller. */
  v1: Readonly<Partial<Record<CgroupController, string>>>;
}

interface Mount {
  root: string;
  dir: string;
  type: string;
  options: readonly string[];
}

const controllers = ['memory', 'cpu', 'pids'] as const satisfies readonly CgroupController[];

/** Answers the controllers that groups in a folder have, or may be given. */
type Give = (dir: string) => CgroupController[];

/**
 * Of this process, with the controllers switched on that are needed. The two texts are those of `/proc/self`.
 */
export function findCgroupBases(mountinfo?: string | null, membership?: string | null): CgroupBases {
  return findBases(enable, mountinfo, membership);
}

/** The same, as far as can be told without changing anything. */
export function lookForCgroupBases(mountinfo?: string | null, membership?: string | null): CgroupBases {
  return findBases(grantable, mountinfo, membership);
}

function findBases(
  give: Give,
  mountinfo: string | null = readProcFile('self/mountinfo'),
  membership: string | null = readProcFile('self/cgroup'),
): CgroupBases {
  const mounts = parseMounts(mountinfo ?? '');
  const paths = parseMembership(membership ?? '');
  const v1: Partial<Record<CgroupController, string>> = {};
  for (const controller of controllers) {
    const dir = locate(
      mounts.filter((mount) => mount.type === 'cgroup' && mount.options.includes(controller)),
      paths.get(controller),
    );
    if (dir && isOurs(dir)) v1[controller] = dir;
  }
  const unified = mounts.filter((mount) => mount.type === 'cgroup2');
  const own = locate(unified, paths.get(''));
  return { v2: own ? chooseV2(own, new Set(unified.map((mount) => mount.dir)), give) : null, v1 };
}

/**
 * A group with processes in it cannot give controllers to groups below it, and ours has us in it. So the group above is
 * taken where it is certainly of the same delegation: the unit that a manager made a leaf in (`DelegateSubgroup=`), or
 * the top of a namespace. Without that, groups below ours are good for killing only. Moving the host is not ours to do.
 */
function chooseV2(own: string, tops: ReadonlySet<string>, give: Give): CgroupBases['v2'] {
  if (isTrueRoot(own)) return isOurs(own) ? { dir: own, controllers: give(own) } : null;
  const above = dirname(own);
  const isLeaf = !tops.has(own) && !isUnit(own) && !basename(own).startsWith(groupPrefix);
  if (isLeaf && (tops.has(above) || isUnit(above)) && isOurs(above) && mayGive(above)) {
    const enabled = give(above);
    if (enabled.length > 0) return { dir: above, controllers: enabled };
  }
  return isOurs(own) ? { dir: own, controllers: [] } : null;
}

/** Names of groups that we make begin with it. */
export const groupPrefix = 'project-runner.';

function isUnit(dir: string): boolean {
  return /\.(service|scope)$/.test(basename(dir));
}

/** The kernel's own root, unlike that of a namespace, has no type, and may have processes beside its groups. */
function isTrueRoot(dir: string): boolean {
  return !existsSync(join(dir, 'cgroup.type'));
}

function mayGive(dir: string): boolean {
  return isTrueRoot(dir) || readText(join(dir, 'cgroup.procs')) === '';
}

function isOurs(dir: string): boolean {
  return isWritable(dir) && isWritable(join(dir, 'cgroup.procs'));
}

function enable(dir: string): CgroupController[] {
  const file = join(dir, 'cgroup.subtree_control');
  const available = words(join(dir, 'cgroup.controllers'));
  for (const controller of controllers) {
    if (!available.includes(controller) || words(file).includes(controller)) continue;
    try {
      writeFileSync(file, `+${controller}`);
    } catch {
      // Somebody above keeps it for himself.
    }
  }
  const enabled = words(file);
  return controllers.filter((controller) => enabled.includes(controller));
}

function grantable(dir: string): CgroupController[] {
  const file = join(dir, 'cgroup.subtree_control');
  const [available, enabled] = [words(join(dir, 'cgroup.controllers')), words(file)];
  return controllers.filter(
    (controller) => enabled.includes(controller) || (available.includes(controller) && isWritable(file)),
  );
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function words(file: string): string[] {
  return (readText(file) ?? '').split(/\s+/);
}

/** Lines of proc_pid_mountinfo(5). */
function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root = '', dir = ''] = left.split(' ').map(unescape);
    const [type = '', , options = ''] = right.split(' ');
    return type.startsWith('cgroup') ? [{ root, dir, type, options: options.split(',') }] : [];
  });
}

function unescape(field: string): string {
  return field.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Lines of `/proc/<pid>/cgroup`: paths by controller, the unified one by the empty name. */
function parseMembership(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, names, ...path] = line.split(':');
      return names === undefined ? [] : names.split(',').map((name) => [name, path.join(':')] as const);
    }),
  );
}

/** Where a path of a hierarchy can be seen. */
function locate(mounts: readonly Mount[], path: string | undefined): string | null {
  if (path === undefined || path.split('/').includes('..')) return null;
  for (const { root, dir } of mounts) {
    const below = root === '/' ? path : path === root ? '' : null;
    const rest = below ?? (path.startsWith(`${root}/`) ? path.slice(root.length) : null);
    if (rest !== null && existsSync(join(dir, rest))) return join(dir, rest);
  }
  return null;
}

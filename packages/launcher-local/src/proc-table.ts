import { kernelPids } from './kernel-pids.ts';
import { keepStats, readKeptStat } from './kept-stats.ts';
import { markersIn, readEnvironment } from './marker.ts';
import { isLiving, listPids, readProcFile, readProcStat } from './proc-stat.ts';
import type { ProcStat } from './proc-stat.ts';

/** All living processes of the machine at one moment; those of the kernel may be left out. */
export interface ProcTable {
  /** When it was read, as `performance.now()` tells it. */
  at: number;
  /** The same in ms after boot, to be compared with start times; `NaN` where that is not told. */
  uptimeMs: number;
  byPid: ReadonlyMap<number, ProcStat>;
  children: ReadonlyMap<number, readonly ProcStat[]>;
  groups: ReadonlyMap<number, readonly ProcStat[]>;
  sessions: ReadonlyMap<number, readonly ProcStat[]>;
  /** By the marker in their environment. */
  marked: ReadonlyMap<string, readonly ProcStat[]>;
  /** The numbers that were looked at, those of zombies and of processes that went meanwhile included. */
  pids: ReadonlySet<number>;
  /** Those without an environment, and so without a marker: an old one has none, a young one may become a program now. */
  unclear: readonly { pid: number; isYoung: boolean }[];
}

/** What was found in the environment of a process, good for as long as it is the same program. */
interface KnownMarkers {
  startTime: string;
  command: string;
  markers: readonly string[];
}

/** Looks closer together than this share one table. */
const sharedMs = 100;
/** Between its fork and its exec a process has the environment of its parent. */
const youngMs = 2000;

let shared: ProcTable | null = null;
let known = new Map<number, KnownMarkers>();

/**
 * A table of this very moment, nothing in it remembered. Environments cost more than all the rest, and what came from a
 * process was started after it: so they are read only of who was started at `since` or later, `null` for all.
 */
export function readProcTable(since: string | null = null): ProcTable {
  const oldest = since === null ? 0 : Number(since);
  const unclear: ProcTable['unclear'][number][] = [];
  const table = createTable(readProcStat, (stat, ageMs) => {
    if (Number(stat.startTime) < oldest) return [];
    const environment = readEnvironment(stat.pid);
    // Threads of the kernel never have one; they are in no session.
    if (environment === '' && stat.session !== 0)
      unclear.push({ pid: stat.pid, isYoung: !(ageMs > youngMs) });
    return markersIn(environment);
  });
  return { ...table, unclear };
}

/**
 * A table that may be a tenth of a second old, for looks that many trees take in turn; never older than `notBefore`.
 * Environments, which cost as much again as all the rest, are read once for each program.
 */
export function sharedProcTable(notBefore: number): ProcTable {
  const oldest = Math.max(notBefore, performance.now() - sharedMs);
  if (shared && shared.at >= oldest) return shared;
  const next = new Map<number, KnownMarkers>();
  const table = createTable(readKeptStat, (stat, ageMs) => {
    const before = known.get(stat.pid);
    if (before && isStillTrue(before, stat)) {
      next.set(stat.pid, before);
      return before.markers;
    }
    const markers = markersIn(readEnvironment(stat.pid));
    if (markers.length > 0 || ageMs > youngMs) {
      next.set(stat.pid, { startTime: stat.startTime, command: stat.command, markers });
    }
    return markers;
  });
  known = next;
  shared = table;
  keepStats(new Set([...table.marked.values()].flat().map((stat) => stat.pid)));
  return table;
}

/** Who carried a marker once is ours for life; who had none may have got one with another program. */
function isStillTrue(before: KnownMarkers, { startTime, command }: ProcStat): boolean {
  return before.startTime === startTime && (before.markers.length > 0 || before.command === command);
}

function createTable(
  read: (pid: number) => ProcStat | null,
  markersOf: (stat: ProcStat, ageMs: number) => readonly string[],
): ProcTable {
  const at = performance.now();
  const uptimeMs = readUptime();
  const pids = listPids();
  const kernel = kernelPids();
  const stats = pids.flatMap((pid) => (kernel.has(pid) ? [] : (read(pid) ?? []))).filter(isLiving);
  const markers = (stat: ProcStat): readonly string[] => markersOf(stat, uptimeMs - startMs(stat));
  return indexStats({ at, uptimeMs, pids, stats, markersOf: markers });
}

interface Indexed extends Pick<ProcTable, 'at' | 'uptimeMs'> {
  pids: readonly number[];
  /** Of all living processes. */
  stats: readonly ProcStat[];
  markersOf(stat: ProcStat): readonly string[];
}

export function indexStats({ at, uptimeMs, pids, stats, markersOf }: Indexed): ProcTable {
  const byPid = new Map<number, ProcStat>();
  const children = new Map<number, ProcStat[]>();
  const groups = new Map<number, ProcStat[]>();
  const sessions = new Map<number, ProcStat[]>();
  const marked = new Map<string, ProcStat[]>();
  for (const stat of stats) {
    byPid.set(stat.pid, stat);
    add(children, stat.parent, stat);
    add(groups, stat.group, stat);
    add(sessions, stat.session, stat);
    for (const marker of markersOf(stat)) add(marked, marker, stat);
  }
  return { at, uptimeMs, byPid, children, groups, sessions, marked, pids: new Set(pids), unclear: [] };
}

function add<Key>(index: Map<Key, ProcStat[]>, key: Key, stat: ProcStat): void {
  const list = index.get(key);
  if (list) list.push(stat);
  else index.set(key, [stat]);
}

/** `sysconf(_SC_CLK_TCK)`: a constant on every Linux that Node has builds for. */
export const ticksPerSecond = 100;

/** When a process was started, in ms after boot. */
export function startMs(stat: Pick<ProcStat, 'startTime'>): number {
  return (Number(stat.startTime) / ticksPerSecond) * 1000;
}

function readUptime(): number {
  return Number.parseFloat(readProcFile('uptime') ?? '') * 1000;
}

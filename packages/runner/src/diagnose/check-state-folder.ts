import { accessSync, constants, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';

import { readLease } from '@project-runner/leases';
import type { Lease } from '@project-runner/leases';

import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const found = findingsOf('state-folder');

export interface StateFolderLook {
  finding: Finding;
  /** The folder, or the nearest one above it that is there and is one. */
  there: string;
}

/** Whose the state folder is, and which living runners have servers in it. */
export function checkStateFolder(stateDir: string): StateFolderLook {
  const nearest = upTo(stateDir, isThere);
  const there = upTo(nearest, isFolder);
  const stat = statOf(stateDir);
  if (stat !== null) return { finding: look(stateDir, stat), there };
  const details = { dir: stateDir, exists: false, owner: null, mode: null, ...noServers };
  if (nearest === stateDir) {
    const finding = found.problem(
      `${stateDir} is a link to what cannot be reached`,
      'Remove the link, make the folder that it leads to, or name another stateDir',
      details,
    );
    return { finding, there };
  }
  const finding =
    nearest === there && isWritable(there)
      ? found.ok(`${stateDir} will be made`, details)
      : found.problem(
          `${stateDir} cannot be made in ${nearest}`,
          'Name a stateDir that can be written to',
          details,
        );
  return { finding, there };
}

const noServers = { runners: [], servers: 0 };

function look(dir: string, stat: Stats): Finding {
  const mode = stat.mode & 0o777;
  const own = { dir, exists: true, owner: stat.uid, mode: `0${mode.toString(8).padStart(3, '0')}` };
  if (!stat.isDirectory())
    return found.problem(`${dir} is no folder`, 'Name another stateDir', { ...own, ...noServers });
  const servers = serversIn(dir);
  const runners = runnersOf(servers);
  const orphans = servers.filter(({ lease }) => lease === null).length;
  const details = { ...own, runners, servers: servers.length };
  if (!isWritable(dir)) {
    return found.problem(
      `${dir} belongs to user ${stat.uid}, and cannot be written to`,
      'Name a stateDir of your own',
      details,
    );
  }
  // Windows has other rights.
  const others = process.platform === 'win32' ? 0 : mode & 0o077;
  if ((others & 0o022) !== 0) {
    return found.problem(
      `${dir} can be written to by others (mode ${details.mode})`,
      `Close it, because programs are started by what is in it: chmod 700 ${dir}`,
      details,
    );
  }
  const message = `${dir}, mode ${details.mode}: ${describe(runners, orphans)}`;
  if (others !== 0) {
    return found.warning(
      message,
      `Others can look into it, secrets of servers may be there: chmod 700 ${dir}`,
      details,
    );
  }
  if (orphans > 0) {
    return found.warning(
      message,
      'The next runner with this stateDir takes them over, or stops them',
      details,
    );
  }
  return found.ok(message, details);
}

interface KeptServer {
  id: string;
  /** Of its runner; `null`: none that is alive. */
  lease: Lease | null;
}

function serversIn(dir: string): KeptServer[] {
  return namesIn(join(dir, 'servers'))
    .filter((id) => existsSync(join(dir, 'servers', id, 'server.json')))
    .map((id) => ({ id, lease: readLease(join(dir, 'owners'), id) }));
}

interface LivingRunner {
  pid: number;
  servers: number;
}

function runnersOf(servers: readonly KeptServer[]): LivingRunner[] {
  const pids = servers.flatMap(({ lease }) => lease?.pid ?? []);
  return [...new Set(pids)].map((pid) => ({ pid, servers: pids.filter((other) => other === pid).length }));
}

function describe(runners: readonly LivingRunner[], orphans: number): string {
  const living = runners.map(({ pid, servers }) => `runner ${pid} has ${plural(servers)}`);
  const left = orphans === 0 ? [] : [`${plural(orphans)} of a runner that is gone`];
  return [...living, ...left].join(', ') || 'no servers';
}

function plural(servers: number): string {
  return servers === 1 ? '1 server' : `${servers} servers`;
}

/** The nearest of a path and those above it that is so. */
function upTo(path: string, isSo: (path: string) => boolean): string {
  for (let at = path; ; at = dirname(at)) if (isSo(at) || at === dirname(at)) return at;
}

/** A link that leads nowhere is there, too: nothing can be made in its place. */
function isThere(path: string): boolean {
  return orNull(() => lstatSync(path)) !== null;
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() ?? false;
}

function statOf(path: string): Stats | null {
  return orNull(() => statSync(path));
}

function orNull<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    // Not there, behind a folder that is closed to us, or in a circle of links.
    return null;
  }
}

function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

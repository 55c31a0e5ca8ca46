import { leaseKeys, readLease } from '@project-runner/leases';

import { defaultLeaseDir } from './default-lease-dir.ts';
import { isPortFree } from './is-port-free.ts';
import { portsOfSockets } from './ports-of-sockets.ts';
import type { PortsOfSockets } from './ports-of-sockets.ts';

export interface PortSurvey {
  /** Ports that were looked at: all of the range where it has up to 1000, on Linux always. */
  looked: number;
  free: number;
  /** Ports that a living runner has for a server. */
  leased: readonly { port: number; owner: string; pid: number }[];
  /** Ports that somebody else holds, or the system keeps. */
  busy: readonly number[];
}

export interface PortRange {
  /** Inclusive. */
  start: number;
  /** Inclusive. */
  end: number;
}

/** To try a port takes about a millisecond. */
const maxTried = 1000;
/** Where that many of a part are free there is no need to look at the rest. */
const enough = 3;
/** Below, the system may refuse a port that nobody has. */
const firstUnprivileged = 1024;

/**
 * Who has the ports of a range, without leasing any. Up to 1000 ports are tried one by one. Of more, Linux tells which have
 * sockets, and the rest is taken to be free; elsewhere 1000 that are spread over the range are tried, and others until a few
 * are free: no free port means that there is none in the whole range.
 */
export async function surveyPorts(
  range: PortRange,
  leaseDir: string = defaultLeaseDir(),
): Promise<PortSurvey> {
  return surveyWith(range, { leaseDir, sockets: portsOfSockets, maxTried });
}

export interface SurveyMeans {
  leaseDir: string;
  sockets(): PortsOfSockets | null;
  maxTried: number;
}

/** @internal The means can be chosen for tests. */
export async function surveyWith(
  { start, end }: PortRange,
  { leaseDir, sockets, maxTried: most }: SurveyMeans,
): Promise<PortSurvey> {
  const all = Array.from({ length: end - start + 1 }, (_, index) => start + index);
  const leased: { port: number; owner: string; pid: number }[] = [];
  const busy: number[] = [];
  let free = 0;
  // Each look at a lease reads the folder.
  const keys = leaseKeys(leaseDir);
  const look = async (port: number, isFree: (port: number) => boolean | Promise<boolean>): Promise<void> => {
    const key = String(port);
    const lease = keys.has(key) ? readLease(leaseDir, key) : null;
    if (lease) leased.push({ port, owner: lease.owner, pid: lease.pid });
    else if (await isFree(port)) free += 1;
    else busy.push(port);
  };
  const known = all.length > most ? sockets() : null;
  if (known || all.length <= most) {
    const isFree = known ? freeBy(known) : isPortFree;
    for (const port of all) await look(port, isFree);
    return { looked: all.length, free, leased, busy };
  }
  let looked = 0;
  for (const port of spread(all, most)) {
    if (looked >= most && free >= enough) break;
    await look(port, isPortFree);
    looked += 1;
  }
  return { looked, free, leased: leased.toSorted(byPort), busy: busy.toSorted((a, b) => a - b) };
}

function freeBy({ listening, others }: PortsOfSockets): (port: number) => boolean | Promise<boolean> {
  return (port) => {
    if (listening.has(port)) return false;
    return others.has(port) || port < firstUnprivileged ? isPortFree(port) : true;
  };
}

/** All of them; the first `count` are spread evenly. */
function spread(ports: readonly number[], count: number): readonly number[] {
  const first = new Set(
    Array.from({ length: count }, (_, index) => ports[Math.floor((index * ports.length) / count)] as number),
  );
  return [...first, ...ports.filter((port) => !first.has(port))];
}

function byPort(one: { port: number }, other: { port: number }): number {
  return one.port - other.port;
}

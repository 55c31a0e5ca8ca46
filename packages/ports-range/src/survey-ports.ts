import { readLease } from '@project-runner/leases';

import { defaultLeaseDir } from './default-lease-dir.ts';
import { isPortFree } from './is-port-free.ts';

export interface PortSurvey {
  /** Ports that were looked at. */
  looked: number;
  free: number;
  /** Ports that a living runner has for a server. */
  leased: readonly { port: number; owner: string; pid: number }[];
  /** Ports that somebody else holds. */
  busy: readonly number[];
}

/** To look at a port takes about a millisecond. */
const maxLooked = 1000;

/** Who has the ports of a range, without leasing any: at most the first 1000 of them are looked at. */
export async function surveyPorts(
  { start, end }: { start: number; end: number },
  leaseDir: string = defaultLeaseDir(),
): Promise<PortSurvey> {
  const leased: { port: number; owner: string; pid: number }[] = [];
  const busy: number[] = [];
  let free = 0;
  const last = Math.min(end, start + maxLooked - 1);
  for (let port = start; port <= last; port += 1) {
    const lease = readLease(leaseDir, String(port));
    if (lease) leased.push({ port, owner: lease.owner, pid: lease.pid });
    else if (await isPortFree(port)) free += 1;
    else busy.push(port);
  }
  return { looked: last - start + 1, free, leased, busy };
}

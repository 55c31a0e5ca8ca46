import { ProjectRunnerError } from '@project-runner/core';
import type { PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';
import { portsRange } from '@project-runner/ports-range';

export interface FixedPortsOptions {
  /** By the id of a deployment or of a project; that of the deployment wins. Several are tried in order. */
  ports: Readonly<Record<string, number | readonly number[]>>;
  /** Leases the ports, and chooses those of the others. @default portsRange(), whose leases all runners of the user respect */
  strategy?: PortStrategyPlugin;
  /** Who is not in `ports`: `refuse`, or `any` for a port that `strategy` chooses. @default 'refuse' */
  others?: 'refuse' | 'any';
}

/** Gives projects and deployments the ports that were set for them. @throws TypeError */
export function fixedPorts({
  ports,
  strategy = portsRange(),
  others = 'refuse',
}: FixedPortsOptions): PortStrategyPlugin {
  const lists = new Map(Object.entries(ports).map(([id, port]) => [id, [port].flat()]));
  for (const [id, list] of lists) {
    if (list.length > 0 && list.every(isPort)) continue;
    throw new TypeError(
      `fixedPorts: ports of ${JSON.stringify(id)} must be whole numbers from 1 to 65535, at least one; found ${JSON.stringify(ports[id])}`,
    );
  }
  const reserved = [...lists.values()].flat();
  const { stats } = strategy;

  return {
    kind: 'port-strategy',
    name: 'fixed',
    apiVersion: 1,
    async acquire(request, signal) {
      // Whoever asks for a port by its number knows which: a host, or a runner whose server has it already.
      if (request.port !== undefined) return strategy.acquire(request, signal);
      const found = listOf(request, lists);
      if (found) return firstFree(found, request, (port) => strategy.acquire({ ...request, port }, signal));
      if (others === 'refuse') throw notSet(request, lists);
      // Nobody gets by chance what is set for somebody else.
      return strategy.acquire({ ...request, exclude: [...request.exclude, ...reserved] }, signal);
    },
    ...(stats ? { stats: () => stats() } : {}),
  };
}

interface Found {
  id: string;
  ports: readonly number[];
}

function listOf(
  { deploymentId, projectId }: PortRequest,
  lists: ReadonlyMap<string, readonly number[]>,
): Found | null {
  for (const id of [deploymentId, projectId]) {
    const ports = id === undefined ? undefined : lists.get(id);
    if (id !== undefined && ports) return { id, ports };
  }
  return null;
}

async function firstFree(
  { id, ports }: Found,
  { exclude }: PortRequest,
  acquire: (port: number) => Promise<PortLease>,
): Promise<PortLease> {
  const reasons: string[] = [];
  for (const port of ports) {
    if (exclude.includes(port)) {
      reasons.push(`${port} was tried, and another process took it`);
      continue;
    }
    try {
      return await acquire(port);
    } catch (error) {
      if (!ProjectRunnerError.is(error) || error.code !== 'PORT_UNAVAILABLE') throw error;
      reasons.push(error.message);
    }
  }
  throw new ProjectRunnerError(
    'PORT_UNAVAILABLE',
    `No port that is set for ${id} is free (${ports.join(', ')}): ${reasons.join('; ')}`,
    {
      hint: 'Stop who has it. A server is started before the one it replaces is stopped: set two ports for it, or use a strategy whose servers can share one, such as portsHeld()',
    },
  );
}

function notSet(
  { deploymentId, projectId, owner }: PortRequest,
  lists: ReadonlyMap<string, unknown>,
): ProjectRunnerError {
  const whose = deploymentId === undefined ? owner : `deployment ${deploymentId} of project ${projectId}`;
  return new ProjectRunnerError(
    'PORT_UNAVAILABLE',
    `No port is set for ${whose}; set are those of ${[...lists.keys()].join(', ') || 'nobody'}`,
    { hint: "Add it to the ports of fixedPorts, or let it choose one for whom none is set: others: 'any'" },
  );
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
}

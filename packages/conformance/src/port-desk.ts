import assert from 'node:assert/strict';
import { createServer } from 'node:net';

import type { PortLease, PortRequest, PortStrategyPlugin } from '@project-runner/core';

import { within } from './within.ts';

export type Whose = Pick<PortRequest, 'deploymentId' | 'projectId'>;

/** Where a check asks for ports. What it leased is given back in the end. */
export interface Desk {
  strategy: PortStrategyPlugin;
  acquire(request?: Partial<PortRequest>): Promise<PortLease>;
  /** `null` where the strategy rejects. */
  tryAcquire(request?: Partial<PortRequest>): Promise<PortLease | null>;
}

/** A check of a strategy, with a new one. */
export type PortCheck = (name: string, use: (desk: Desk) => Promise<void>) => unknown;

/** For a lease, or for the rejection of a request. */
export const leasePatienceMs = 3000;
export const anybody: PortRequest = { exclude: [], owner: 'conformance' };

/** Gives back whatever was leased: ports are scarce, and a check that fails must not fail the next one. */
export async function atDesk(
  strategy: PortStrategyPlugin,
  whose: Whose,
  use: (desk: Desk) => Promise<unknown>,
): Promise<void> {
  const leases: PortLease[] = [];
  const acquire = async (request: Partial<PortRequest> = {}): Promise<PortLease> => {
    const lease = strategy.acquire({ ...anybody, ...whose, ...request }, new AbortController().signal);
    const found = await within(leasePatienceMs, lease, 'acquire must answer a lease or reject');
    leases.push(found);
    return found;
  };
  try {
    await use({ strategy, acquire, tryAcquire: (request) => acquire(request).catch(refused) });
  } finally {
    await Promise.allSettled(leases.map(async (lease) => lease.release()));
  }
}

/** With a server on a port of the strategy, as one that an earlier runner has started. */
export async function beforeServer(
  desk: Desk,
  use: (desk: Desk, port: number) => Promise<void>,
): Promise<void> {
  const { port, host, release } = await desk.acquire();
  await release();
  const again = await desk.tryAcquire({ port });
  await again?.release();
  // A port that does not come back, and one that nobody can bind, are told by the checks that are about them.
  if (again) await besideStranger(port, host, () => use(desk, port));
}

/** While somebody else listens there; not at all where that cannot be. */
export async function besideStranger(port: number, host: string, use: () => Promise<void>): Promise<void> {
  const server = createServer();
  const bound = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => resolve(true));
  });
  if (!(await bound)) return void server.close();
  try {
    await use();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Rejecting is an answer here, never settling is not. */
function refused(error: unknown): null {
  if (error instanceof assert.AssertionError) throw error;
  return null;
}

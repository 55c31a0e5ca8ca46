import type { ClientConnections } from './client-connections.ts';
import type { RouteTable } from './route-table.ts';
import type { RouterStats } from './router-stats.ts';
import type { WaitingRooms } from './waiting-rooms.ts';

export interface StatsSources {
  connections: ClientConnections;
  rooms: WaitingRooms;
  table: RouteTable;
  unrouted: number;
}

export function collectStats({ connections, rooms, table, unrouted }: StatsSources): RouterStats {
  return {
    connections: connections.count,
    connectionsRefused: connections.refused,
    unrouted,
    held: rooms.count,
    deployments: table.all().map(({ stored, counters, isPaused }) => ({
      deploymentId: stored.deploymentId,
      projectId: stored.projectId,
      subdomain: stored.subdomain,
      isPaused,
      requests: counters.requests,
      errors: counters.errors,
      clientGone: counters.clientGone,
      inFlight: counters.inFlight,
      lastActiveAt: counters.lastActiveAt,
      latency: counters.latencyStats,
    })),
  };
}

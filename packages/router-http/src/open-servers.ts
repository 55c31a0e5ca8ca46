import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { ProjectRunnerError } from '@project-runner/core';

export interface OpenServers {
  servers: readonly Server[];
  hosts: readonly string[];
  port: number;
}

const noSuchAddress: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);
/** A port that is free at one address may be taken at the other. */
const anyPortAttempts = 5;

/**
 * Listens at one port of all addresses, or at none.
 * @param hosts `null`: those loopback addresses that there are
 * @param onError told what goes wrong later, at a connection that cannot be accepted
 * @throws ProjectRunnerError `PORT_UNAVAILABLE`
 */
export async function openServers(
  create: () => Server,
  hosts: readonly string[] | null,
  port: number,
  onError: (error: Error) => void,
): Promise<OpenServers> {
  for (let attempt = 1; ; attempt += 1) {
    const servers: Server[] = [];
    const open: string[] = [];
    let found = port;
    try {
      for (const host of hosts ?? ['127.0.0.1', '::1']) {
        const server = create();
        try {
          server.listen({ host, port: found });
          await once(server, 'listening');
        } catch (error) {
          // Machines without IPv6 have one loopback address.
          if (hosts === null && host === '::1' && noSuchAddress.has(codeOf(error))) continue;
          throw unavailable(host, found, error);
        }
        server.on('error', onError);
        servers.push(server);
        open.push(host);
        found = (server.address() as AddressInfo).port;
      }
      return { servers, hosts: open, port: found };
    } catch (error) {
      for (const server of servers) server.close();
      if (port !== 0 || attempt === anyPortAttempts) throw error;
    }
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

function unavailable(host: string, port: number, cause: unknown): ProjectRunnerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProjectRunnerError(
    'PORT_UNAVAILABLE',
    `The router cannot listen at ${host}, port ${port}: ${reason}`,
    {
      cause,
      hint: 'Stop who has the port, or give the router another',
    },
  );
}

import { connect } from 'node:net';

import type { HealthProbePlugin, ProbeResult } from '@project-runner/core';

import { checkTimeout, deadline } from './deadline.ts';

export interface TcpProbeOptions {
  /** One look, in ms. @default 5000 */
  timeoutMs?: number;
  /** `http` takes the place of the preset's probe. @default 'tcp': asked beside it */
  name?: string;
}

/** A server is well when it accepts a connection. @throws TypeError */
export function tcpProbe({ timeoutMs = 5000, name = 'tcp' }: TcpProbeOptions = {}): HealthProbePlugin {
  checkTimeout('tcpProbe', timeoutMs);
  return {
    kind: 'health-probe',
    name,
    apiVersion: 1,
    check: ({ host, port, socketPath }, signal) =>
      new Promise<ProbeResult>((resolve) => {
        // Where there is a socket of this very server, the port may be answered by another one that shares it.
        const socket = socketPath === undefined ? connect({ host, port }) : connect({ path: socketPath });
        let result: ProbeResult = { healthy: false, message: 'Health check failed' };
        const settle = (found: ProbeResult): void => {
          result = found;
          socket.destroy();
        };
        socket.once('connect', () => settle({ healthy: true }));
        socket.once('error', ({ message }) =>
          settle({ healthy: false, message: `Health check failed: ${message}` }),
        );
        // Only then the connection is gone, and no drain has to wait for it.
        socket.once('close', () => {
          limit.stop();
          resolve(result);
        });
        const limit = deadline(signal, timeoutMs, (missing) =>
          settle({ healthy: false, message: `Health check failed: ${missing}` }),
        );
      }),
  };
}

import { connect } from 'node:net';

import type { HealthProbePlugin, ProbeResult } from '@project-runner/core';

/** A server is well when its port accepts a connection. */
export function tcpProbe(): HealthProbePlugin {
  return {
    kind: 'health-probe',
    // The name of the preset's probe: this one takes its place.
    name: 'http',
    apiVersion: 1,
    check: ({ host, port, socketPath }, signal) =>
      new Promise<ProbeResult>((resolve) => {
        // Where there is a socket of this very server, the port may be answered by another one that shares it.
        const where = socketPath === undefined ? { host, port } : { path: socketPath };
        const socket = connect({ ...where, signal });
        const done = (result: ProbeResult): void => {
          socket.destroy();
          resolve(result);
        };
        socket.once('connect', () => done({ healthy: true }));
        socket.once('error', (error) =>
          done({ healthy: false, message: `Health check failed: ${error.message}` }),
        );
      }),
  };
}

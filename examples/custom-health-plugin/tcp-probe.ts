import { connect } from 'node:net';

import type { HealthProbePlugin, ProbeResult } from '@project-runner/core';

/** A server is well when its port accepts a connection. */
export function tcpProbe(): HealthProbePlugin {
  return {
    kind: 'health-probe',
    // The name of the preset's probe: this one takes its place.
    name: 'http',
    apiVersion: 1,
    check: ({ host, port }, signal) =>
      new Promise<ProbeResult>((resolve) => {
        const socket = connect({ host, port, signal });
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

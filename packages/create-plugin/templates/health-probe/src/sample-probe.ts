import { request } from 'node:http';

import type { HealthProbePlugin, ProbeResult, ProbeTarget } from '@project-runner/core';

export interface SampleProbeOptions {
  /** Asked in place of the project's own path; starts with a slash. */
  path?: string;
}

/** A server is well when it answers 2xx. Looks once: the runner asks again, and sets the deadline. */
export function sampleProbe({ path }: SampleProbeOptions = {}): HealthProbePlugin {
  return {
    kind: 'health-probe',
    name: 'sample',
    apiVersion: 1,
    ...(path === undefined ? {} : { path }),
    check: (target, signal) =>
      look(path === undefined ? target : { ...target, path, optionalPath: false }, signal),
  };
}

function look(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const { host, port, path, socketPath, optionalPath } = target;
  const where = socketPath === undefined ? { host, port } : { socketPath };
  return new Promise((resolve) => {
    // A connection of its own: one that is kept would hold up the drain of the server.
    const asked = request({ ...where, path, signal, agent: false, headers: { connection: 'close' } });
    asked.once('error', (error) =>
      resolve({ healthy: false, message: `Health check failed: ${error.message}` }),
    );
    asked.once('response', ({ statusCode = 0, socket }) => {
      const isWell = (statusCode >= 200 && statusCode < 300) || (optionalPath === true && statusCode === 404);
      const result = isWell
        ? { healthy: true }
        : { healthy: false, message: `Health check returned status ${statusCode}` };
      socket.once('close', () => resolve(result));
      socket.destroy();
    });
    asked.end();
  });
}

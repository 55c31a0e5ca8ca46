import type { HealthProbePlugin, ProbeResult } from '@project-runner/core';

import { askHealth } from './ask-health.ts';
import type { HealthAnswer } from './ask-health.ts';

export interface GrpcProbeOptions {
  /** The service to ask for. @default '': the server as a whole */
  service?: string;
  /** One look, in ms. @default 5000 */
  timeoutMs?: number;
  /** `http` takes the place of the preset's probe. @default 'grpc': asked beside it */
  name?: string;
}

/** The longest delay of a Node timer; a longer one fires at once. */
const maxTimeoutMs = 2 ** 31 - 1;

/** A server is well when its gRPC health service says `SERVING`. @throws TypeError */
export function grpcProbe({
  service = '',
  timeoutMs = 5000,
  name = 'grpc',
}: GrpcProbeOptions = {}): HealthProbePlugin {
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > maxTimeoutMs) {
    throw new TypeError(
      `grpcProbe: timeoutMs must be a whole number of ms from 1 to ${maxTimeoutMs}, found ${timeoutMs}`,
    );
  }
  return {
    kind: 'health-probe',
    name,
    apiVersion: 1,
    async check(target, signal) {
      // The runner's signal may be that of many probes: nothing of this one stays with it.
      const limit = new AbortController();
      const abort = (): void => limit.abort('no answer in time');
      const timer = setTimeout(() => limit.abort(`no answer within ${timeoutMs} ms`), timeoutMs);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
      try {
        return judge(await askHealth(target, service, limit.signal), service);
      } catch (error) {
        return unhealthy(limit.signal.aborted ? String(limit.signal.reason) : (error as Error).message);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      }
    },
  };
}

/** Codes of gRPC. */
const notFound = 5;
const unimplemented = 12;

function judge({ code, details, status }: HealthAnswer, service: string): ProbeResult {
  const whose = service === '' ? 'the server' : JSON.stringify(service);
  if (code === notFound) return unhealthy(`the health service does not know ${whose}`);
  if (code === unimplemented) {
    return unhealthy('the server has no health service (grpc.health.v1.Health)');
  }
  if (code !== 0) return unhealthy(`the health service answered with code ${code}: ${details}`);
  return status === 'SERVING' ? { healthy: true } : unhealthy(`${whose} is ${status}`);
}

function unhealthy(message: string): ProbeResult {
  return { healthy: false, message: `Health check failed: ${message}` };
}

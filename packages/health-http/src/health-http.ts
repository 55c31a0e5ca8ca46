import { ProjectRunnerError } from '@project-runner/core';
import type { HealthProbePlugin, ProbeResult, ProbeRole, ProbeTarget } from '@project-runner/core';

import { getStatus } from './get-status.ts';

export interface HealthHttpOptions {
  /** One look, redirects included, in ms. @default 5000 */
  timeoutMs?: number;
  /** @default 'http' */
  protocol?: 'http' | 'https';
  /** Take a certificate that nobody vouches for. Only with `https`. @default false */
  allowSelfSigned?: boolean;
  /** The statuses that mean healthy. @default 200–299 */
  expectedStatus?: number | readonly number[] | ((status: number) => boolean);
  headers?: Readonly<Record<string, string>>;
  /** Asked in the place of the server's health path; no guess, so it has to be there. @default the server's health path */
  path?: string;
  /** What it is asked for. @default all roles */
  roles?: readonly ProbeRole[];
  /** @default 'http' */
  name?: string;
}

/** The longest delay of a Node timer; a longer one fires at once. */
const maxTimeoutMs = 2 ** 31 - 1;
const maxRedirects = 3;

/** Looks at a server by a GET of its health path. @throws ProjectRunnerError `CONFIG_INVALID` */
export function healthHttp(options: HealthHttpOptions = {}): HealthProbePlugin {
  const {
    timeoutMs = 5000,
    protocol = 'http',
    allowSelfSigned = false,
    headers = {},
    name = 'http',
  } = options;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > maxTimeoutMs) {
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `healthHttp: timeoutMs must be a whole number of ms from 1 to ${maxTimeoutMs}; found ${timeoutMs}`,
    );
  }
  const { path, roles } = options;
  if (path !== undefined && !(typeof path === 'string' && path.startsWith('/'))) {
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `healthHttp: path must start with "/"; found ${JSON.stringify(path)}`,
    );
  }
  const isExpected = statusTest(options.expectedStatus);

  return {
    kind: 'health-probe',
    name,
    apiVersion: 1,
    ...(roles === undefined ? {} : { roles }),
    ...(path === undefined ? {} : { path }),
    async check(given, signal) {
      const target = path === undefined ? given : { ...given, path, optionalPath: false };
      // A request listens to its signal for ever, and of `AbortSignal.any` Node 24 keeps every one that is listened to.
      const limit = new AbortController();
      const end = (): void => limit.abort();
      const timer = setTimeout(end, timeoutMs);
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
      try {
        const status = await follow(url(protocol, target), {
          headers,
          allowSelfSigned,
          limit: limit.signal,
          isExpected,
          socketPath: target.socketPath,
        });
        if (isExpected(status) || (target.optionalPath && meansNoSuchPath(status))) return { healthy: true };
        return { healthy: false, message: `Health check returned status ${status}` };
      } catch (error) {
        const waited = signal.aborted ? 'in time' : limit.signal.aborted ? `within ${timeoutMs} ms` : null;
        return failed(error, target, waited);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
      }
    },
  };
}

interface FollowOptions {
  headers: Readonly<Record<string, string>>;
  allowSelfSigned: boolean;
  limit: AbortSignal;
  socketPath: string | undefined;
  isExpected(status: number): boolean;
}

/**
 * The status in the end. Redirects are followed on the same host only (what another host says is not this server's
 * health), and not where they are what is expected.
 */
async function follow(start: URL, { isExpected, ...options }: FollowOptions): Promise<number> {
  let address = start;
  for (let redirects = 0; ; redirects += 1) {
    const { status, location } = await getStatus(address, options);
    const isRedirect = status >= 300 && status < 400 && location !== undefined;
    if (!isRedirect || isExpected(status) || redirects === maxRedirects) return status;
    const target = new URL(location, address);
    if (target.host !== address.host || target.protocol !== address.protocol) return status;
    address = target;
  }
}

/** Put together as text: as a relative reference a path that begins with `//` would name another server. */
function url(protocol: string, { host, port, path }: ProbeTarget): URL {
  return new URL(`${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`);
}

function statusTest(expected: HealthHttpOptions['expectedStatus']): (status: number) => boolean {
  if (typeof expected === 'function') return expected;
  if (expected === undefined) return (status) => status >= 200 && status < 300;
  const list = typeof expected === 'number' ? [expected] : expected;
  return (status) => list.includes(status);
}

function meansNoSuchPath(status: number): boolean {
  return status === 404 || status === 405 || status === 501;
}

function failed(error: unknown, target: ProbeTarget, waited: string | null): ProbeResult {
  if (waited !== null) return { healthy: false, message: `Health check failed: no answer ${waited}` };
  const { code, message } = error as { code?: unknown; message?: string };
  // It accepted and speaks something else: without a path that must exist, that is an answer.
  if (target.optionalPath && String(code).startsWith('HPE_')) return { healthy: true };
  const reason =
    code === 'ECONNREFUSED'
      ? `connection refused at ${target.socketPath ?? `${target.host}:${target.port}`}`
      : message || String(code);
  return { healthy: false, message: `Health check failed: ${reason}` };
}

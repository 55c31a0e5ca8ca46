import type { RunningServer } from '@project-runner/core';

/** `http://127.0.0.1:4112`; an IPv6 address needs brackets. */
export function originOf({ host, port }: Pick<RunningServer, 'host' | 'port'>): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

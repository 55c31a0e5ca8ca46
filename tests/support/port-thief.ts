import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { PortLease, PortStrategyPlugin } from '@project-runner/core';
import { onTestFinished } from 'vitest';

export interface PortThief {
  /** Resolves when it has the port; it tries until then. */
  take(port: number, host?: string): Promise<void>;
}

const script = fileURLToPath(new URL('port-thief.mjs', import.meta.url));

/** A process that takes ports from others and answers requests on them. Gone when the test ends. */
export function spawnThief(): PortThief {
  const child = fork(script);
  child.setMaxListeners(0);
  const gone = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  return {
    take(port, host = '127.0.0.1') {
      const taken = Promise.withResolvers<void>();
      child.on('message', (message: { port: number }) => message.port === port && taken.resolve());
      child.send({ port, host });
      return taken.promise;
    },
  };
}

/** A strategy whose ports are taken right after they were leased, as long as `wants` says so. */
export function withThief(
  strategy: PortStrategyPlugin,
  wants: (lease: PortLease) => string | false,
): PortStrategyPlugin {
  const thief = spawnThief();
  return {
    ...strategy,
    async acquire(request, signal) {
      const lease = await strategy.acquire(request, signal);
      const host = wants(lease);
      if (host) await thief.take(lease.port, host);
      return lease;
    },
  };
}

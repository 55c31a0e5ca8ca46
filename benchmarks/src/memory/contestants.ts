import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { untilAccepts } from '../support/accepts.ts';
import { freePort } from '../support/free-port.ts';
import { openPm2 } from '../support/pm2.ts';
import { childrenOf, commandOf } from '../support/proc.ts';
import type { openRunnerHosts } from '../support/runner-host.ts';

/** Something that keeps servers, in a process of its own. */
export interface Keeper {
  pid: number;
  startServer(): Promise<unknown>;
  /** Processes beside its own that it needs for its servers. */
  shims(): number[];
  close(): Promise<void>;
}

export interface Contestant {
  name: string;
  open(): Promise<Keeper>;
}

const server = fileURLToPath(new URL('../../fixtures/tiny-server.mjs', import.meta.url));
const bareParentScript = fileURLToPath(new URL('../../fixtures/bare-parent.mjs', import.meta.url));

export function projectRunner(hosts: Awaited<ReturnType<typeof openRunnerHosts>>): Contestant {
  return {
    name: 'project-runner',
    async open() {
      const host = await hosts.start({ files: [server] });
      return {
        pid: host.pid,
        startServer: () => host.deploy(),
        shims: () => childrenOf(host.pid).filter((pid) => /^(ba|da)?sh$/.test(commandOf(pid))),
        close: () => host.close(),
      };
    },
  };
}

export const bareParent: Contestant = {
  name: 'bare Node parent',
  open() {
    const parent = fork(bareParentScript);
    return Promise.resolve({
      pid: parent.pid ?? 0,
      async startServer() {
        const port = await freePort();
        parent.send({ script: server, port });
        await untilAccepts(port);
      },
      shims: () => [],
      async close() {
        const exited = once(parent, 'exit');
        parent.disconnect();
        await exited;
      },
    });
  },
};

export const pm2: Contestant = {
  name: 'PM2',
  async open() {
    const pm2 = await openPm2();
    if (!pm2) throw new Error('PM2 is not installed');
    let started = 0;
    return {
      pid: pm2.daemonPid,
      async startServer() {
        started += 1;
        const port = await freePort();
        await pm2.start({ script: server, name: `server-${started}`, env: { PORT: String(port) } });
        await untilAccepts(port);
      },
      shims: () => [],
      close: () => pm2.close(),
    };
  },
};

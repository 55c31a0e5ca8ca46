import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createActivator } from '@project-runner/activator';
import { createRouterHttp } from '@project-runner/router-http';

import { endChild } from '../support/end-child.ts';
import { freePort } from '../support/free-port.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Wakes the tiny server, which sleeps again afterwards; answers the ms from the wish for it to its answer. */
export interface Contestant {
  name: string;
  wake(): Promise<number>;
  close(): Promise<void>;
}

const server = fileURLToPath(new URL('../../fixtures/tiny-server.mjs', import.meta.url));

/** The floor: the server says itself that it listens, and is asked at once. */
export function bareSpawn(): Contestant {
  return {
    name: 'bare spawn',
    async wake() {
      const port = await freePort();
      const startedAt = performance.now();
      const child = spawn(process.execPath, [server], {
        env: { PORT: String(port) },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      await once(child, 'message');
      await ask(port, 'localhost');
      const took = performance.now() - startedAt;
      await endChild(child);
      return took;
    },
    close: () => Promise.resolve(),
  };
}

/** A request through the router for a project that sleeps, and one by `ensureRunning`, which has no router. */
export async function activated(): Promise<Contestant[]> {
  const { dir, remove } = tempFolder('wake');
  const router = createRouterHttp({ port: 0, wake: (asked) => activator.wake(asked) });
  const { port } = await router.listen();
  const activator = await createActivator({
    router,
    portRange: { start: 23_200, end: 23_299 },
    runner: { stateDir: join(dir, 'state') },
  });
  activator.register('tiny', { dir, command: { file: process.execPath, args: [server] } });
  const timed = async (wish: () => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now();
    await wish();
    const took = performance.now() - startedAt;
    await activator.stop('tiny');
    return took;
  };
  return [
    {
      name: 'project-runner',
      wake: () => timed(() => ask(port, 'tiny.localhost')),
      async close() {
        await activator.shutdown();
        await router.close();
        remove();
      },
    },
    {
      name: 'project-runner, ensureRunning',
      wake: () => timed(async () => ask((await activator.ensureRunning('tiny')).agentPort ?? 0, 'localhost')),
      close: () => Promise.resolve(),
    },
  ];
}

async function ask(port: number, host: string): Promise<void> {
  const outgoing = request({ port, host: '127.0.0.1', headers: { host, connection: 'close' } });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  await incoming.toArray();
  if (incoming.statusCode !== 200) throw new Error(`the answer was ${incoming.statusCode}`);
}

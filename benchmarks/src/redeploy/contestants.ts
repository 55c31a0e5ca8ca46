import { fork } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { untilAccepts } from '../support/accepts.ts';
import { buildRunner } from '../support/built-runner.ts';
import { freePort } from '../support/free-port.ts';
import { openPm2 } from '../support/pm2.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Keeps one server on one port. */
export interface Contestant {
  name: string;
  port: number;
  /** Something that replaces its process; resolves when that is done. */
  change(): Promise<void>;
  close(): Promise<void>;
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

interface Deployed {
  pid: number;
  port: number;
}

/** With a server that ends on SIGTERM whatever it is doing. `crashes`: it is killed, not redeployed. */
export async function projectRunner(crashes: boolean): Promise<Contestant> {
  const built = await buildRunner(['runner', 'ports-held']);
  const folder = tempFolder('held');
  const app = join(folder.dir, 'app');
  mkdirSync(app);
  copyFileSync(fixture('tiny-server.mjs'), join(app, 'server.mjs'));
  const manifest = { name: 'benched', type: 'module', scripts: { start: 'node server.mjs' } };
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest));
  const host = fork(built.install(fixture('held-host.mjs')), [JSON.stringify({ dir: folder.dir, app })], {
    execArgv: [],
  });
  const exited = new Promise((resolve) => host.once('exit', resolve));
  const next = <Key extends string>(key: Key): Promise<Record<Key, unknown>> =>
    new Promise((resolve, reject) => {
      const look = (message: Record<string, unknown>): void => {
        if (!(key in message) && !('error' in message)) return;
        host.off('message', look);
        if (key in message) resolve(message as Record<Key, unknown>);
        else reject(new Error(String(message.error)));
      };
      host.on('message', look);
    });
  const deploy = async (): Promise<Deployed> => {
    const answer = next('deployed');
    host.send('deploy');
    return (await answer).deployed as Deployed;
  };
  await next('built');
  const { port, pid } = await deploy();
  let current = pid;
  const crash = async (): Promise<void> => {
    const restarted = next('restarted');
    process.kill(current, 'SIGKILL');
    current = (await restarted).restarted as number;
  };
  return {
    name: crashes ? 'project-runner, SIGKILL' : 'project-runner, redeploy',
    port,
    change: crashes ? crash : async () => void (await deploy()),
    async close() {
      host.disconnect();
      await exited;
      folder.remove();
      built.remove();
    },
  };
}

type How = 'reload' | 'restart' | 'SIGKILL';

/** With a server that finishes what it began; `null` where it is not installed. */
export async function pm2(how: How): Promise<Contestant | null> {
  const pm2 = await openPm2();
  if (!pm2) return null;
  const port = await freePort();
  const name = 'redeployed';
  await pm2.start({
    script: fixture('draining-server.mjs'),
    name,
    env: { PORT: String(port) },
    // It reloads without a gap in this mode only, and best where it is told when the new process is ready.
    ...(how === 'reload' ? { exec_mode: 'cluster', instances: 1 } : {}),
    wait_ready: true,
    max_restarts: 10_000,
  });
  await untilAccepts(port);
  const crash = async (): Promise<void> => {
    const before = await pidAt(port);
    process.kill(Number(before), 'SIGKILL');
    for (;;) {
      const found = await pidAt(port).catch(() => before);
      if (found !== before) return;
    }
  };
  return {
    name: how === 'SIGKILL' ? 'PM2, SIGKILL' : `PM2, ${how}${how === 'reload' ? ' (cluster)' : ''}`,
    port,
    change: how === 'SIGKILL' ? crash : () => pm2[how](name),
    close: () => pm2.close(),
  };
}

async function pidAt(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/`)).text();
}

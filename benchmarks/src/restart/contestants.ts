import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { untilAccepts } from '../support/accepts.ts';
import { endChild } from '../support/end-child.ts';
import { findProgram } from '../support/find-program.ts';
import { freePort } from '../support/free-port.ts';
import { openPm2 } from '../support/pm2.ts';
import { openRunnerHosts } from '../support/runner-host.ts';
import { serviceDir } from '../support/service-dir.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Keeps one tiny server running. */
export interface Contestant {
  name: string;
  /** A server that runs, on this port. */
  serve(): Promise<{ port: number; done?(): Promise<void> }>;
  close(): Promise<void>;
}

export const server: string = fileURLToPath(new URL('../../fixtures/tiny-server.mjs', import.meta.url));

/** What hand-written runners do. */
export async function respawnInExit(): Promise<Contestant> {
  const port = await freePort();
  let child: ChildProcess;
  const start = (): void => {
    child = spawn(process.execPath, [server], { env: { PORT: String(port) }, stdio: 'ignore' });
    child.once('exit', start);
  };
  start();
  return {
    name: 'respawn in exit',
    serve: () => Promise.resolve({ port }),
    close() {
      child.off('exit', start);
      return endChild(child);
    },
  };
}

/** A server anew each time, as a second crash within the stable period waits. */
export async function projectRunner(): Promise<Contestant> {
  const hosts = await openRunnerHosts();
  const host = await hosts.start({ files: [server] });
  return {
    name: 'project-runner',
    async serve() {
      const { id, port } = await host.deploy();
      return { port, done: () => host.stop(id) };
    },
    async close() {
      await host.close();
      hosts.remove();
    },
  };
}

export async function pm2(): Promise<Contestant | null> {
  const pm2 = await openPm2();
  if (!pm2) return null;
  const port = await freePort();
  await pm2.start({ script: server, name: 'restarted', env: { PORT: String(port) } });
  return { name: 'PM2', serve: () => Promise.resolve({ port }), close: () => pm2.close() };
}

export async function supervisedBy(program: 's6-supervise' | 'runsv'): Promise<Contestant | null> {
  const file = findProgram(program);
  if (file === null) return null;
  const { dir, remove } = tempFolder(program);
  const port = await freePort();
  const service = serviceDir(dir, 'service', [process.execPath, server]);
  const supervisor = spawn(file, [service], { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
  return {
    name: program === 'runsv' ? 'runit' : 's6',
    serve: () => Promise.resolve({ port }),
    async close() {
      // Both end their service on SIGTERM.
      await endChild(supervisor);
      await untilAccepts(port, false);
      remove();
    },
  };
}

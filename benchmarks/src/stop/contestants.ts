import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { execa } from 'execa';
import treeKill from 'tree-kill';

import { endChild } from '../support/end-child.ts';
import { findProgram } from '../support/find-program.ts';
import { freePort } from '../support/free-port.ts';
import { openPm2 } from '../support/pm2.ts';
import { openRunnerHosts } from '../support/runner-host.ts';
import { serviceDir } from '../support/service-dir.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Starts a tree and stops it. */
export interface Contestant {
  name: string;
  start(env: Record<string, string>): Promise<RunningTree>;
  close?(): Promise<void>;
}

export interface RunningTree {
  port: number;
  /** Resolves when the contestant says that it is over. */
  stop(): Promise<unknown>;
  /** What the contestant leaves beside the tree. */
  tidy?(): Promise<void>;
}

const server = fileURLToPath(new URL('../../fixtures/wrapped-server.mjs', import.meta.url));

export async function projectRunner(): Promise<Contestant> {
  const hosts = await openRunnerHosts();
  const host = await hosts.start({ files: [server] });
  return {
    name: 'project-runner',
    async start(envVars) {
      const { id, port } = await host.deploy({ envVars });
      return { port, stop: () => host.stop(id) };
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
  return {
    name: 'PM2',
    async start(env) {
      const port = await freePort();
      await pm2.start({ script: server, name: 'stopped', env: { ...env, PORT: String(port) } });
      return { port, stop: () => pm2.stop('stopped'), tidy: () => pm2.delete('stopped') };
    },
    close: () => pm2.close(),
  };
}

export const childKill: Contestant = ofChild('child.kill()', (child) => endChild(child));

export const treeKilled: Contestant = ofChild('tree-kill', async (child) => {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await promisify<number, string>(treeKill)(child.pid ?? 0, 'SIGTERM');
  await exited;
});

function ofChild(name: string, stop: (child: ChildProcess) => Promise<unknown>): Contestant {
  return {
    name,
    async start(env) {
      const port = await freePort();
      const child = spawn(process.execPath, [server], {
        env: { ...process.env, ...env, PORT: String(port) },
        stdio: 'ignore',
      });
      return { port, stop: () => stop(child) };
    },
  };
}

export const execaKill: Contestant = {
  name: 'execa kill()',
  async start(env) {
    const port = await freePort();
    const child = execa(process.execPath, [server], {
      env: { ...env, PORT: String(port) },
      stdio: 'ignore',
      reject: false,
    });
    return {
      port,
      stop() {
        child.kill();
        return child;
      },
    };
  },
};

export function s6(): Contestant | null {
  return supervised('s6', 's6-supervise', 's6-svc', ['-wd', '-d']);
}

export function runit(): Contestant | null {
  return supervised('runit', 'runsv', 'sv', ['stop']);
}

function supervised(
  name: string,
  supervisor: string,
  control: string,
  stopArgs: readonly string[],
): Contestant | null {
  const files = { supervisor: findProgram(supervisor), control: findProgram(control) };
  if (files.supervisor === null || files.control === null) return null;
  const { supervisor: file, control: controller } = files;
  return {
    name,
    async start(env) {
      const { dir, remove } = tempFolder(name);
      const port = await freePort();
      const service = serviceDir(dir, 'service', [process.execPath, server]);
      const child = spawn(file, [service], {
        env: { ...process.env, ...env, PORT: String(port) },
        stdio: 'ignore',
      });
      return {
        port,
        stop: () => promisify(execFile)(controller, [...stopArgs, service]),
        async tidy() {
          await endChild(child);
          remove();
        },
      };
    },
  };
}

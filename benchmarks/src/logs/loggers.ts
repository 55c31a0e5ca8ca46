import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { closeSync, globSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { untilAccepts } from '../support/accepts.ts';
import { endChild } from '../support/end-child.ts';
import { findProgram } from '../support/find-program.ts';
import { freePort } from '../support/free-port.ts';
import { openPm2 } from '../support/pm2.ts';
import type { openRunnerHosts } from '../support/runner-host.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Keeps what a server prints, in a process of its own. */
export interface OpenLogger {
  /** Of the logger. */
  pid: number;
  /** Of the server. */
  port: number;
  /** All there are now. */
  files(): string[];
  close(): Promise<void>;
}

export interface Logger {
  name: string;
  /** Which lines get a time. */
  times: 'each line' | 'each chunk' | 'no';
  /** What it puts before a line. */
  prefix: RegExp;
  open(): Promise<OpenLogger>;
}

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const server = fixture('printing-server.mjs');
const isoTime = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

export function projectRunner(hosts: Awaited<ReturnType<typeof openRunnerHosts>>): Logger {
  return {
    name: 'project-runner',
    times: 'each line',
    prefix: new RegExp(`^${isoTime} stdout F(:\\d+)? $`),
    async open() {
      const host = await hosts.start({ files: [server], maxLogFiles: 1000 });
      const { id, port } = await host.deploy();
      return {
        pid: host.pid,
        port,
        files: () => globSync(join(host.logsDir, id, '0*.log')),
        close: () => host.close(),
      };
    },
  };
}

export function pm2({ time }: { time: boolean }): Logger {
  return {
    name: time ? 'PM2 --time' : 'PM2',
    times: time ? 'each chunk' : 'no',
    prefix: time ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d: )?$/ : /^$/,
    async open() {
      const pm2 = await openPm2();
      if (!pm2) throw new Error('PM2 is not installed');
      const { dir, remove } = tempFolder('pm2-logs');
      const port = await freePort();
      const file = join(dir, 'out.log');
      await pm2.start({
        script: server,
        name: 'printing',
        output: file,
        error: join(dir, 'error.log'),
        merge_logs: true,
        time,
        env: { PORT: String(port) },
      });
      await untilAccepts(port);
      return {
        pid: pm2.daemonPid,
        port,
        files: () => [file],
        async close() {
          await pm2.close();
          remove();
        },
      };
    },
  };
}

export function inNode(name: string, script: string): Logger {
  return {
    name,
    times: 'each line',
    prefix: new RegExp(`^${isoTime} $`),
    async open() {
      const { dir, remove } = tempFolder('lines');
      const port = await freePort();
      const file = join(dir, 'out.log');
      const child = spawn(process.execPath, [fixture(script), file, server], {
        env: { ...process.env, PORT: String(port) },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      await untilAccepts(port);
      return {
        pid: child.pid ?? 0,
        port,
        files: () => [file],
        async close() {
          await endChild(child);
          remove();
        },
      };
    },
  };
}

export function s6Log(): Logger | null {
  return ofPipe('s6-log t', 's6-log', /^@[0-9a-f]{24} $/, (dir) => ['n1000', 's16777216', 't', dir]);
}

export function svlogd(): Logger | null {
  const prefix = /^\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d\.\d{5} $/;
  return ofPipe('svlogd -tt', 'svlogd', prefix, (dir) => {
    writeFileSync(join(dir, 'config'), 's16777215\nn1000\n');
    return ['-tt', dir];
  });
}

/** `server | program` with a pipe of the kernel, as its supervisor makes it. */
function ofPipe(
  name: string,
  program: string,
  prefix: RegExp,
  args: (dir: string) => readonly string[],
): Logger | null {
  const found = findProgram(program);
  if (found === null) return null;
  return {
    name,
    times: 'each line',
    prefix,
    async open() {
      const { dir, remove } = tempFolder(program);
      const port = await freePort();
      const logs = join(dir, 'logs');
      mkdirSync(logs);
      const fifo = join(dir, 'pipe');
      execFileSync('mkfifo', [fifo]);
      const pipe = openSync(fifo, 'r+');
      const env = { ...process.env, PORT: String(port) };
      const logger = spawn(found, args(logs), { stdio: [pipe, 'ignore', 'inherit'] });
      const child: ChildProcess = spawn(process.execPath, [server], {
        env,
        stdio: ['ignore', pipe, 'inherit'],
      });
      closeSync(pipe);
      await untilAccepts(port);
      return {
        pid: logger.pid ?? 0,
        port,
        files: () => globSync(join(logs, '{current,@*}')),
        async close() {
          await endChild(child);
          await endChild(logger, 'SIGKILL');
          remove();
        },
      };
    },
  };
}

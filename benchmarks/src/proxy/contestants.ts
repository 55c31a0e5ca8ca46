import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { untilAccepts } from '../support/accepts.ts';
import { buildRunner } from '../support/built-runner.ts';
import { endChild } from '../support/end-child.ts';
import { findProgram } from '../support/find-program.ts';
import { freePort } from '../support/free-port.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** What stands between a client and the server. */
export interface Contestant {
  name: string;
  port: number;
  close(): Promise<void>;
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

export async function startServer(): Promise<Contestant> {
  const port = await freePort();
  return start('direct', port, process.execPath, [fixture('hello-server.mjs'), String(port)]);
}

export async function router(targetPort: number): Promise<Contestant> {
  const built = await buildRunner(['router-http']);
  const port = await freePort();
  const script = built.install(fixture('router-host.mjs'));
  const args = [script, String(port), String(targetPort)];
  return start('project-runner', port, process.execPath, args, built.remove);
}

export async function httpxy(targetPort: number): Promise<Contestant> {
  const port = await freePort();
  const args = [fixture('httpxy-host.mjs'), String(port), String(targetPort)];
  return start('httpxy', port, process.execPath, args);
}

/** One worker, as ours is one process; `null` where it is not installed. */
export async function nginx(targetPort: number): Promise<Contestant | null> {
  const file = findProgram('nginx');
  if (file === null) return null;
  const port = await freePort();
  const { dir, remove } = tempFolder('nginx');
  mkdirSync(join(dir, 'temp'));
  const config = join(dir, 'nginx.conf');
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path temp;`);
  writeFileSync(
    config,
    `daemon off; master_process off; pid nginx.pid; error_log stderr;
    events { worker_connections 1024; }
    http {
      access_log off; ${temps.join(' ')} keepalive_requests 10000000;
      upstream target { server 127.0.0.1:${targetPort}; keepalive 64; keepalive_requests 10000000; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Forwarded-Proto $scheme;
        }
      }
    }`,
  );
  return start('nginx', port, file, ['-p', dir, '-c', config, '-e', 'stderr'], remove);
}

async function start(
  name: string,
  port: number,
  file: string,
  args: readonly string[],
  remove: () => void = () => undefined,
): Promise<Contestant> {
  const child = spawn(file, args, { stdio: 'ignore' });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  await untilAccepts(port);
  return {
    name,
    port,
    async close() {
      await endChild(child);
      process.off('exit', end);
      remove();
    },
  };
}

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { LocalProcessRunner } from '@project-runner/runner';

import { endChild } from './support/end-child.ts';
import { freePort } from './support/free-port.ts';
import { openPm2 } from './support/pm2.ts';

/** Starts the tiny server and answers the ms from start to "reported ready"; `close` ends what the contestant needs. */
export interface Contestant {
  name: string;
  start(): Promise<number>;
  close(): Promise<void>;
}

const server = fileURLToPath(new URL('../fixtures/tiny-server.mjs', import.meta.url));

/** The floor: the server's own `listening` event, told over IPC. */
export function bareSpawn(): Contestant {
  return {
    name: 'bare spawn',
    async start() {
      const port = await freePort();
      const startedAt = performance.now();
      const child = spawn(process.execPath, [server], {
        env: { PORT: String(port) },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      await new Promise((resolve) => child.once('message', resolve));
      const took = performance.now() - startedAt;
      await endChild(child);
      return took;
    },
    close: () => Promise.resolve(),
  };
}

/** What hand-written runners do: look now, then every second. */
export function pollEverySecond(): Contestant {
  return {
    name: 'poll every 1000 ms',
    async start() {
      const port = await freePort();
      const startedAt = performance.now();
      const child = spawn(process.execPath, [server], { env: { PORT: String(port) }, stdio: 'ignore' });
      while (!(await answers(port))) await delay(1000);
      const took = performance.now() - startedAt;
      await endChild(child);
      return took;
    },
    close: () => Promise.resolve(),
  };
}

/** `deploy` of this runner, with the whole default preset; the release was built before. */
export async function projectRunner(): Promise<Contestant> {
  const dir = mkdtempSync(join(tmpdir(), 'project-runner-bench-'));
  const app = join(dir, 'app');
  await mkdir(app);
  await copyFile(server, join(app, 'server.mjs'));
  await writeFile(
    join(app, 'package.json'),
    JSON.stringify({ name: 'tiny', type: 'module', scripts: { start: 'node server.mjs' } }),
  );
  const runner = new LocalProcessRunner({
    buildDir: join(dir, 'builds'),
    stateDir: join(dir, 'state'),
    portRange: { start: 23_000, end: 23_099 },
  });
  runner.setSource({ getProjectPath: ({ path }) => Promise.resolve(path) });
  const project = {
    id: randomUUID(),
    name: 'tiny',
    slug: 'tiny',
    sourceType: 'local',
    sourceConfig: { path: app },
  } as never;
  const build = await runner.build(project, { id: randomUUID() } as never, { skipInstall: true });
  if (build.status !== 'succeeded') throw new Error(build.errorMessage ?? 'the build failed');
  return {
    name: 'project-runner',
    async start() {
      const deployment = { id: randomUUID(), type: 'production' } as never;
      const startedAt = performance.now();
      const running = await runner.deploy(project, deployment, build);
      const took = performance.now() - startedAt;
      await runner.stop(running);
      return took;
    },
    async close() {
      await runner.shutdown();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** PM2 with `wait_ready`; `null` when it is not installed. */
export async function pm2WaitReady(): Promise<Contestant | null> {
  const pm2 = await openPm2();
  if (!pm2) return null;
  return {
    name: 'PM2 wait_ready',
    async start() {
      const port = await freePort();
      const name = randomUUID();
      const startedAt = performance.now();
      await pm2.start({ script: server, name, wait_ready: true, env: { PORT: String(port) } });
      const took = performance.now() - startedAt;
      await pm2.delete(name);
      return took;
    },
    close: () => pm2.close(),
  };
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/`)).ok;
  } catch {
    return false;
  }
}

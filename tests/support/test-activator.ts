import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createActivator } from '@project-runner/activator';
import type { Activator, ActivatorOptions, ProjectConfig } from '@project-runner/activator';
import type { RouterHttp, RouterHttpOptions } from '@project-runner/router-http';
import { onTestFinished } from 'vitest';

import { tempFolder } from './temp-folder.ts';
import { testRouter } from './test-router.ts';

export interface TestActivator {
  activator: Activator;
  dir: string;
  warnings: string[];
  /** A project that runs a server of `tests/fixtures/servers`; each start of one is written down where it can be. */
  project(fixture?: string, config?: Partial<ProjectConfig>): ProjectConfig;
  /** Pids of all servers that `no-drain` projects started. */
  starts(): number[];
}

/** An activator with folders and ports of its own, shut down when the test ends. */
export async function testActivator(options: ActivatorOptions = {}): Promise<TestActivator> {
  const dir = tempFolder();
  const warnings: string[] = [];
  const note = (message: string): void => void warnings.push(message);
  const activator = await createActivator({
    portRange: { start: 22_830, end: 22_999 },
    logger: { debug() {}, info() {}, warn: note, error: note },
    ...options,
    runner: { stateDir: join(dir, 'state'), stopGraceMs: 3000, ...options.runner },
  });
  onTestFinished(() => activator.shutdown());
  const startsFile = join(dir, 'starts');
  return {
    activator,
    dir,
    warnings,
    project: (fixture = 'no-drain', config = {}) => ({
      dir,
      command: {
        file: 'node',
        args: [fileURLToPath(new URL(`../fixtures/servers/${fixture}.mjs`, import.meta.url))],
      },
      ...config,
      env: { STARTS: startsFile, ...config.env },
    }),
    starts: () =>
      existsSync(startsFile) ? readFileSync(startsFile, 'utf8').trim().split('\n').map(Number) : [],
  };
}

export interface RoutedActivator extends TestActivator {
  router: RouterHttp;
  port: number;
  errors: string[];
  /** Asks a project through the router, over a connection of its own. */
  ask(subdomain: string, path?: string): Promise<{ status: number; body: string }>;
}

/** The same behind a router that wakes. */
export async function routedActivator(
  options: ActivatorOptions = {},
  routerOptions: RouterHttpOptions = {},
): Promise<RoutedActivator> {
  const { router, port, errors } = await testRouter({
    wake: (asked) => made.activator.wake(asked),
    ...routerOptions,
  });
  const made = await testActivator({ router, ...options });
  return { ...made, router, port, errors, ask: (subdomain, path) => askRouter(port, subdomain, path) };
}

/** Asks a project through its router, over a connection of its own. */
export async function askRouter(
  port: number,
  subdomain: string,
  path = '/',
): Promise<{ status: number; body: string }> {
  const headers = { host: `${subdomain}.localhost`, connection: 'close' };
  const outgoing = request({ port, path, host: '127.0.0.1', headers });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: incoming.statusCode ?? 0, body: Buffer.concat(await incoming.toArray()).toString() };
}

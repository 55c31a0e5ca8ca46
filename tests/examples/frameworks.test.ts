import { cp, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { RunningServer, RunOptions } from '@project-runner/core';
import type { LocalProcessRunner, RunnerConfig } from '@project-runner/runner';
import { describe, expect, it } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { processesMarked, testRunner } from '../support/test-runner.ts';

const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

interface Served {
  runner: LocalProcessRunner;
  server: RunningServer;
  log: string[];
  get(path: string): Promise<Response>;
  /** Stops the server and sees that nothing is left of it. */
  stop(): Promise<void>;
}

/** Installs, builds and deploys one of the examples. */
async function serve(name: string, options: RunOptions = {}, config: RunnerConfig = {}): Promise<Served> {
  const { runner } = testRunner(config);
  const project = projectRecord(example(name));
  const deployment = deploymentRecord(project);
  const log: string[] = [];
  const build = await runner.build(project, buildRecord(deployment), {}, (line) => log.push(line));
  expect(build.errorMessage, log.slice(-30).join('\n')).toBeNull();
  const server = await runner.deploy(project, deployment, build, options);
  return {
    runner,
    server,
    log,
    get: (path) => fetch(`http://${server.host}:${server.port}${path}`),
    async stop() {
      expect(await runner.healthCheck(server)).toEqual({ healthy: true });
      await runner.stop(server);
      expect(processesMarked(server.id)).toEqual([]);
      expect(runner.getStats()).toMatchObject({ runningProcesses: 0, allocatedPorts: [] });
    },
  };
}

/** Changes an example, `null` removing a file, and answers why it cannot be built. */
async function failToBuild(name: string, changes: Record<string, string | null>): Promise<string | null> {
  const dir = tempFolder();
  const skip = new Set(['node_modules', ...Object.keys(changes)]);
  await cp(example(name), dir, {
    recursive: true,
    filter: (source) => !skip.has(relative(example(name), source)),
  });
  const written = Object.entries(changes).filter(([, content]) => content !== null);
  await writeFiles(dir, Object.fromEntries(written) as Record<string, string>);
  const { runner } = testRunner();
  const project = projectRecord(dir);
  const log: string[] = [];
  const build = await runner.build(project, buildRecord(deploymentRecord(project)), {}, (line) =>
    log.push(line),
  );
  expect(build.status, log.slice(-30).join('\n')).toBe('failed');
  return build.errorMessage;
}

const text = async (response: Promise<Response>): Promise<string> => (await response).text();
const json = async (response: Promise<Response>): Promise<unknown> => (await response).json();

describe('next', () => {
  /** Looks at the assets and the API of the standalone server, wherever Next put it, stops it, and answers its page. */
  async function pageOf({ log, get, stop }: Served, folder: RegExp): Promise<string> {
    expect(log).toContain('Detected framework: next (dependency next)');
    const copied = (from: string): string => log.find((line) => line.startsWith(`Copying ${from} to `)) ?? '';
    expect(copied('public')).toMatch(folder);
    expect(copied('.next/static')).toMatch(folder);
    const page = await text(get('/'));
    const style = /href="(\/_next\/static\/[^"]+\.css[^"]*)"/.exec(page)?.[1] ?? 'no stylesheet';
    expect(await text(get(style))).toContain('font-family');
    expect(await text(get('/hello.txt'))).toBe('A file of the folder public\n');
    expect(await json(get('/api/hello?name=Ada'))).toEqual({ message: 'Hello, Ada' });
    await stop();
    return page;
  }

  it('next-hello serves its page, its assets and its API, also from builds inside of a workspace of the host', async () => {
    const host = await writeFiles(tempFolder('host-'), {
      'package.json': { json: { name: 'host', private: true } },
      'pnpm-workspace.yaml': 'packages: [packages/*]\n',
      'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
    });
    const served = await serve('next-hello', {}, { buildDir: join(host, 'builds') });
    expect(await pageOf(served, / to \.next\/standalone\/builds\/[\w-]+\/[\w-]+\//)).toContain(
      'Hello from Next',
    );
  });

  it('next-workspace serves its page, its assets and its API from the folder of the member', async () => {
    const served = await serve('next-workspace/apps/web');
    expect(await pageOf(served, / to \.next\/standalone\/apps\/web\//)).toContain('Hello, workspace');
  });

  it('a static export is refused, and told what to change', async () => {
    const config = { 'next.config.js': "export default { output: 'export' };" };
    expect(await failToBuild('next-hello', { ...config, 'app/api/hello/route.js': null })).toMatch(
      /Build output not found at .*standalone\/server\.js: .*output: "export".*Set output: 'standalone'/,
    );
  });
});

describe('nitro', () => {
  it.each([
    ['nitro-hello', 'nitro', 'Hello from Nitro'],
    ['nuxt-hello', 'nuxt', 'Hello from Nuxt'],
  ])('%s serves its page, its assets and its API', async (name, dependency, title) => {
    const { log, get, stop } = await serve(name);
    expect(log).toContain(`Detected framework: nitro (dependency ${dependency})`);
    expect(await text(get('/'))).toContain(title);
    expect(await text(get('/hello.txt'))).toBe('A file of the folder public\n');
    expect(await json(get('/api/hello?name=Ada'))).toEqual({ message: 'Hello, Ada' });
    await stop();
  });

  it('another preset in the build script is refused, and told what to change', async () => {
    const manifest = await readFile(join(example('nitro-hello'), 'package.json'), 'utf8');
    const changes = { 'package.json': manifest.replace('nitro build', 'nitro build --preset aws-lambda') };
    expect(await failToBuild('nitro-hello', changes)).toMatch(
      /Build output not found at .*index\.mjs: .*the preset aws-lambda.*without --preset/,
    );
  });
});

describe('astro', () => {
  it('astro-hello serves its page, its assets and its API', async () => {
    const { log, get, stop } = await serve('astro-hello');
    expect(log).toContain('Detected framework: astro (dependency astro)');
    expect(await text(get('/'))).toContain('Hello from Astro');
    expect(await text(get('/hello.txt'))).toBe('A file of the folder public\n');
    expect(await json(get('/api/hello?name=Ada'))).toEqual({ message: 'Hello, Ada' });
    await stop();
  });

  it.each([
    ['a middleware', "node({ mode: 'middleware' })", /entry\.mjs is a middleware.*mode: 'standalone'/],
    ['a static site', 'undefined', /entry\.mjs: Astro made a static site and no server.*mode: 'standalone'/],
  ])('%s is refused, and told what to change', async (_, adapter, message) => {
    const changes = {
      'astro.config.js': `import node from '@astrojs/node';\nexport default { adapter: ${adapter} };`,
      'src/pages/api/hello.js': null,
    };
    expect(await failToBuild('astro-hello', changes)).toMatch(message);
  });
});

describe('sveltekit', () => {
  it('sveltekit-hello serves its page, its assets and its API, and takes forms from the origin it is told', async () => {
    const envVars = { PROTOCOL_HEADER: 'x-forwarded-proto' };
    const { log, get, stop, server } = await serve('sveltekit-hello', { envVars });
    expect(log).toContain('Detected framework: sveltekit (dependency @sveltejs/kit)');
    const page = await text(get('/'));
    expect(page).toContain('Hello from SvelteKit');
    const script = /"\.?(\/_app\/immutable\/[^"]+\.js)"/.exec(page)?.[1] ?? 'no script';
    expect((await get(script)).headers.get('content-type')).toContain('javascript');
    expect(await text(get('/hello.txt'))).toBe('A file of the folder static\n');
    expect(await json(get('/api/hello?name=Ada'))).toEqual({ message: 'Hello, Ada' });
    const origin = `http://${server.host}:${server.port}`;
    const post = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${origin}/api/hello`, {
        method: 'POST',
        headers: { origin, ...headers },
        body: new URLSearchParams({ name: 'Ada' }),
      });
    expect((await post({})).status).toBe(403);
    expect(await json(post({ 'x-forwarded-proto': 'http' }))).toEqual({ message: 'Hello, Ada' });
    await stop();
  });

  it('without an adapter is refused, and told what to change', async () => {
    const changes = {
      'vite.config.js': `import { sveltekit } from '@sveltejs/kit/vite';\nexport default { plugins: [sveltekit()] };`,
    };
    expect(await failToBuild('sveltekit-hello', changes)).toMatch(
      /Build output not found at .*build\/index\.js.*with @sveltejs\/adapter-node as adapter/,
    );
  });
});

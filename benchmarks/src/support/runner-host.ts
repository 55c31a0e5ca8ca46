import { fork } from 'node:child_process';
import { mkdirSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { RunOptions } from '@project-runner/core';

import { buildRunner } from './built-runner.ts';
import { tempFolder } from './temp-folder.ts';

export interface HostedServer {
  id: string;
  pid: number;
  port: number;
}

export interface UsageSample {
  /** CPU of the whole process, its threads included. */
  cpuMs: number;
  tookMs: number;
  /** How many were found. */
  trees: number;
}

/** This runner with its default preset, built, in a process of its own. */
export interface RunnerHost {
  readonly pid: number;
  deploy(options?: Pick<RunOptions, 'envVars'>): Promise<HostedServer>;
  stop(id: string): Promise<void>;
  sampleUsage(): Promise<UsageSample>;
  lostLogLines(): Promise<number>;
  /** What an earlier one left. */
  recover(): Promise<{ tookMs: number; found: number }>;
  /** SIGKILL; answers one that may take over what it leaves. */
  killed(): Promise<RunnerHost>;
  /** Stops the servers, too. */
  close(): Promise<void>;
}

export interface RunnerHostOptions {
  /** The files of the project that is deployed; the first one is its server. */
  files: readonly [string, ...string[]];
  /** More files of a log than the preset keeps, so that all lines can be counted. */
  maxLogFiles?: number;
}

const script = fileURLToPath(new URL('../../fixtures/runner-host.mjs', import.meta.url));

/** What starts such processes; the build is made once. */
export async function openRunnerHosts(): Promise<{
  start(options: RunnerHostOptions): Promise<RunnerHost & { logsDir: string }>;
  remove(): void;
}> {
  const built = await buildRunner();
  const installed = built.install(script);
  return { start: (options) => startHost(installed, options), remove: built.remove };
}

async function startHost(
  installed: string,
  { files, maxLogFiles }: RunnerHostOptions,
): Promise<RunnerHost & { logsDir: string }> {
  const folder = tempFolder('host');
  const app = join(folder.dir, 'app');
  mkdirSync(app);
  copyFileSync(files[0], join(app, 'server.mjs'));
  for (const file of files.slice(1)) copyFileSync(file, join(app, file.slice(file.lastIndexOf('/') + 1)));
  const manifest = { name: 'benched', type: 'module', scripts: { start: 'node server.mjs' } };
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest));
  return openHost(installed, folder, maxLogFiles);
}

async function openHost(
  installed: string,
  folder: ReturnType<typeof tempFolder>,
  maxLogFiles: number | undefined,
): Promise<RunnerHost & { logsDir: string }> {
  const { dir, remove } = folder;
  const app = join(dir, 'app');
  const child = fork(installed, [JSON.stringify({ dir, app, maxLogFiles })], { execArgv: [] });
  const waiting = new Map<number, (answer: { result?: unknown; error?: string }) => void>();
  let calls = 0;
  const fail = (error: string): void => waiting.forEach((answer) => answer({ error }));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  void exited.then((code) => fail(`the runner's process ended with ${String(code)}`));
  child.on('message', (message: { call: number; result?: unknown; error?: string }) => {
    waiting.get(message.call)?.(message);
    waiting.delete(message.call);
  });
  const call = <Result>(name: string, ...args: readonly unknown[]): Promise<Result> =>
    new Promise((resolve, reject) => {
      calls += 1;
      waiting.set(calls, ({ result, error }) =>
        error === undefined ? resolve(result as Result) : reject(new Error(error)),
      );
      child.send({ call: calls, name, args });
    });
  await call('build');
  return {
    pid: child.pid ?? 0,
    logsDir: join(dir, 'state', 'logs'),
    deploy: (deployOptions) => call('deploy', deployOptions),
    stop: (id) => call('stop', id),
    sampleUsage: () => call('sampleUsage'),
    lostLogLines: () => call('lostLogLines'),
    recover: () => call('recover'),
    async killed() {
      child.kill('SIGKILL');
      await exited;
      return openHost(installed, folder, maxLogFiles);
    },
    async close() {
      await call('shutdown');
      child.disconnect();
      await exited;
      remove();
    },
  };
}

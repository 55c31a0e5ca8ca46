import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

import { tempFolder } from '../support/temp-folder.ts';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

export interface SpawnedCli {
  child: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  /** The exit code, `null` for a death by signal. */
  exited: Promise<number | null>;
}

export interface SpawnCliOptions {
  cwd?: string;
  /** On top of `PATH`, a home of its own and a state folder in it. */
  env?: Record<string, string>;
}

/** Starts the real command. It is asked to stop, and then killed, when the test ends before it does. */
export function spawnCli(args: readonly string[], options: SpawnCliOptions = {}): SpawnedCli {
  const home = tempFolder('project-runner-home-');
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd ?? home,
    env: { PATH: process.env.PATH, HOME: home, XDG_STATE_HOME: join(home, 'state'), ...options.env },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (output[name] += chunk));
  }
  const exited = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await exited;
    clearTimeout(timer);
  });
  return { child, stdout: () => output.stdout, stderr: () => output.stderr, exited };
}

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the real command to its end. */
export async function runCli(args: readonly string[], options: SpawnCliOptions = {}): Promise<CliResult> {
  const cli = spawnCli(args, options);
  const code = await cli.exited;
  return { code, stdout: cli.stdout(), stderr: cli.stderr() };
}

export type CliEvent = { event: string } & Record<string, unknown>;

/** The events of `--json` so far. */
export function cliEvents(stdout: string): CliEvent[] {
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as CliEvent);
}

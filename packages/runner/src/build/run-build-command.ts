import { dirname } from 'node:path';

import type { Command, LauncherPlugin, ProcessExit } from '@project-runner/core';
import { callPlugin } from '@project-runner/core';

import type { SecretMask } from '../logs/secret-mask.ts';
import { createTextLines } from './text-lines.ts';

export interface RunBuildCommandOptions {
  launcher: LauncherPlugin;
  /** Marks the processes of this build. */
  id: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Aborting stops the whole tree. */
  signal: AbortSignal;
  onLine(line: string): void;
  /** Applied to output before anybody sees it. */
  mask: SecretMask;
}

/** From SIGTERM to SIGKILL for a build: package managers have nothing to drain. */
const buildStopGraceMs = 2000;

/**
 * Runs a command of a build to its end. Every line of its output was handed over when this settles.
 * @throws the signal's reason when it aborts, after the tree is gone
 */
export async function runBuildCommand(
  command: Command,
  options: RunBuildCommandOptions,
): Promise<ProcessExit> {
  options.signal.throwIfAborted();
  const lines = createTextLines(options.onLine, options.mask);
  const handle = await callPlugin(options.launcher, 'launch', () =>
    options.launcher.launch({
      id: options.id,
      file: resolveNode(command.file),
      args: command.args,
      cwd: options.cwd,
      env: { ...withNodeOnPath(options.env), ...command.env },
      ipc: false,
      onOutput: lines.push,
    }),
  );
  const stop = (): Promise<void> => handle.stop({ graceMs: buildStopGraceMs });
  const aborted = new Promise<void>((resolve) => {
    if (options.signal.aborted) resolve();
    else options.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([handle.exited, aborted]);
  // A build tool that leaves a daemon behind (a watcher, a language server) must not outlive the build.
  await stop();
  const exit = await handle.exited;
  await handle.closed;
  lines.end();
  options.signal.throwIfAborted();
  return exit;
}

/** `node` means the Node that runs the runner, whatever `PATH` says. */
export function resolveNode(file: string): string {
  return file === 'node' ? process.execPath : file;
}

/** Scripts call `node`: where `PATH` has none, the runner's own is found. */
export function withNodeOnPath(env: Readonly<Record<string, string>>): Record<string, string> {
  const separator = process.platform === 'win32' ? ';' : ':';
  const own = dirname(process.execPath);
  return { ...env, PATH: env.PATH ? `${env.PATH}${separator}${own}` : own };
}

import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';

import type { ProcessExit, ProcessHandle } from '@project-runner/core';
import { launcherLocal } from '@project-runner/launcher-local';

import { resolveNode } from '../build/run-build-command.ts';
import { createTextLines } from '../build/text-lines.ts';

export interface SpawnCommandOptions {
  /** Absolute. */
  cwd: string;
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>;
  /** Gets each line of stdout and stderr, without its line ending, all of them before `closed` of the handle resolves. */
  onOutput?: (line: string) => void;
}

/**
 * Starts a program in its own process group, for people who build their own runner. `stop` of the handle stops the tree.
 * @throws ProjectRunnerError `SPAWN_FAILED`
 */
export async function spawnCommand(
  command: string,
  args: readonly string[],
  options: SpawnCommandOptions,
): Promise<ProcessHandle> {
  let warned = false;
  const lines = createTextLines((line) => {
    try {
      options.onOutput?.(line);
    } catch (error) {
      // It must not cost the lines after it, nor come up where nobody can catch it.
      if (!warned) process.emitWarning(error instanceof Error ? error : String(error));
      warned = true;
    }
  });
  const handle = await launcherLocal().launch({
    id: `command-${randomUUID()}`,
    file: resolveNode(command),
    args,
    cwd: options.cwd,
    env: options.env,
    ipc: false,
    onOutput: lines.push,
  });
  void handle.closed.then(lines.end);
  return handle;
}

/** From SIGTERM to SIGKILL for what a command leaves behind. */
const leftoverGraceMs = 2000;

/** How a command ended and what it printed. */
export interface CommandResult extends ProcessExit {
  /** The exit code; 128 and more for death by signal, which is never success. */
  exitCode: number;
  output: string[];
}

/**
 * Runs a program to its end. What it left running in the background is stopped: nobody else could.
 * @throws ProjectRunnerError `SPAWN_FAILED`, or `STOP_FAILED` naming processes that survived
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: SpawnCommandOptions,
): Promise<CommandResult> {
  const output: string[] = [];
  const handle = await spawnCommand(command, args, {
    ...options,
    onOutput: (line) => {
      output.push(line);
      options.onOutput?.(line);
    },
  });
  const exit = await handle.exited;
  await handle.stop({ graceMs: leftoverGraceMs });
  await handle.closed;
  return { ...exit, exitCode: exit.code ?? 128 + signalNumber(exit.signal), output };
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}

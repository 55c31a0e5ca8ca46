import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';

import type { LaunchSpec, ProcessExit } from '@project-runner/core';

import type { Spawned } from './end-spawned.ts';
import { markerVariable } from './marker.ts';
import { fromShellCode } from './run-folder.ts';
import type { RunFolder } from './run-folder.ts';
import { needsBash, shimScript } from './shim-script.ts';
import { spawnFailed } from './spawn-failed.ts';

/**
 * Starts the shim of a process, which starts the process.
 * @throws ProjectRunnerError `SPAWN_FAILED`; Error of the file system; TypeError of `spawn`
 */
export async function spawnShim(
  spec: LaunchSpec,
  run: RunFolder,
  joins: readonly string[],
): Promise<Spawned> {
  const shell = needsBash(spec.env) && existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
  const args = [
    '-c',
    shimScript(spec.env, joins, spec.claim),
    'project-runner',
    run.dir,
    spec.file,
    ...spec.args,
  ];
  // Not by execa: of a program with an absolute path and files for output it would only cost memory.
  const child = withStreams(spec, run, (stdin, stdout, stderr) =>
    spawn(shell, args, {
      cwd: spec.cwd,
      env: { ...spec.env, [markerVariable]: spec.id },
      // A session of its own, see `spawnDetached`.
      detached: true,
      stdio: [stdin, stdout, stderr, ...(spec.inherit ?? []), ...(spec.ipc ? (['ipc'] as const) : [])],
    }),
  );
  if (child.pid === undefined) {
    const [cause] = (await once(child, 'error')) as [unknown];
    throw spawnFailed(spec, cause);
  }
  // Listened for in the turn of its start, so that no exit is missed.
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ? { code: null, signal } : fromShellCode(code ?? 0)));
  });
  return { child: child as Spawned['child'], exited };
}

function withStreams<Result>(
  { stdin }: LaunchSpec,
  run: RunFolder,
  use: (stdin: number | 'ignore', stdout: number, stderr: number) => Result,
): Result {
  const withSpools = (input: number | 'ignore'): Result =>
    withFile(run.spool('stdout'), 'a', (stdout) =>
      withFile(run.spool('stderr'), 'a', (stderr) => use(input, stdout, stderr)),
    );
  return stdin === undefined ? withSpools('ignore') : withFile(stdin, 'r', withSpools);
}

function withFile<Result>(file: string, flags: 'a' | 'r', use: (fd: number) => Result): Result {
  const fd = openSync(file, flags);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

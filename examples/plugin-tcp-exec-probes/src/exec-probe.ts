import { randomUUID } from 'node:crypto';

import type { HealthProbePlugin, LauncherPlugin, ProbeResult, ProbeTarget } from '@project-runner/core';
import { launcherLocal } from '@project-runner/launcher-local';

import { checkTimeout, deadline } from './deadline.ts';
import { outputTail } from './output-tail.ts';

export interface ExecProbeOptions {
  /** A program, looked up on `PATH` or absolute. */
  file: string;
  /** @default [] */
  args?: readonly string[];
  /** @default the working folder of this process */
  cwd?: string;
  /** Names of variables of this process that the command gets, beside `PATH`. @default [] */
  passEnv?: readonly string[];
  /** Variables for the command. @default {} */
  env?: Readonly<Record<string, string>>;
  /** One look, in ms; then all that the command started is ended. @default 5000 */
  timeoutMs?: number;
  /** `http` takes the place of the preset's probe. @default 'exec': asked beside it */
  name?: string;
}

/**
 * A server is well when a command exits with 0. It finds the server in `PROBE_HOST`, `PROBE_PORT`, `PROBE_PATH`, and in
 * `PROBE_SOCKET` where there is a unix socket of this very server. @throws TypeError
 */
export function execProbe({
  file,
  args = [],
  cwd = process.cwd(),
  passEnv = [],
  env = {},
  timeoutMs = 5000,
  name = 'exec',
}: ExecProbeOptions): HealthProbePlugin {
  checkTimeout('execProbe', timeoutMs);
  if (typeof file !== 'string' || file === '') {
    throw new TypeError(`execProbe: file must be a program, found ${JSON.stringify(file)}`);
  }
  const command = { file, args, cwd };

  return {
    kind: 'health-probe',
    name,
    apiVersion: 1,
    async check(target, signal) {
      if (signal.aborted) return unhealthy('no answer in time');
      const variables = { ...picked(['PATH', ...passEnv]), ...env, ...describe(target) };
      return run({ ...command, env: variables }, signal, timeoutMs).catch(({ message }: Error) =>
        unhealthy(message),
      );
    },
  };
}

interface Command {
  file: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/** The runner's own launcher: it finds and ends also what left the group, the session and its parent. */
async function run(command: Command, signal: AbortSignal, timeoutMs: number): Promise<ProbeResult> {
  const launcher: LauncherPlugin = launcherLocal({ durable: false, drainOutputMs: 100 });
  const output = outputTail();
  const handle = await launcher.launch({
    ...command,
    id: randomUUID(),
    ipc: false,
    onOutput: (_, chunk) => output.push(chunk),
  });
  let missing: string | null = null;
  const late = Promise.withResolvers<void>();
  const limit = deadline(signal, timeoutMs, (what) => {
    missing = what;
    late.resolve();
  });
  try {
    await Promise.race([handle.closed, late.promise]);
  } finally {
    limit.stop();
    // Also what a command leaves behind that is through.
    await handle.stop({ graceMs: 0 });
  }
  if (missing !== null) return unhealthy(missing);
  const { code, signal: killer } = await handle.exited;
  if (code === 0) return { healthy: true };
  const ended = killer === null ? `exited with ${code}` : `died by ${killer}`;
  const words = output.lastLine();
  return unhealthy(`${command.file} ${ended}${words === '' ? '' : `: ${words}`}`);
}

function unhealthy(message: string): ProbeResult {
  return { healthy: false, message: `Health check failed: ${message}` };
}

function picked(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function describe({ host, port, path, socketPath }: ProbeTarget): Record<string, string> {
  return {
    PROBE_HOST: host,
    PROBE_PORT: String(port),
    PROBE_PATH: path,
    ...(socketPath === undefined ? {} : { PROBE_SOCKET: socketPath }),
  };
}

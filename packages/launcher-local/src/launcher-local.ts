import { resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { LauncherPlugin } from '@project-runner/core';

import { adopt } from './adopt.ts';
import { launchDurable } from './launch-durable.ts';
import { launchPiped } from './launch-piped.ts';

export interface LauncherLocalOptions {
  /** Let processes and their output outlive the runner. Not on Windows, which has no `sh`. @default true */
  durable?: boolean;
  /** Unread output kept of one stream of one process, in bytes; beyond it the oldest is given up. @default 268435456 */
  spoolBudgetBytes?: number;
  /** While the volume of the spools has less free, in bytes, unread output is given up. @default 67108864 */
  minFreeBytes?: number;
  /**
   * Give space of spools back by holes. Without them, as where the platform has none, a spool of 16 MiB that was read is
   * emptied, and a line that comes in that very moment may be lost. @default true
   */
  punchHoles?: boolean;
  /** With `durable`: use control groups where this machine lets us, for limits and to end what hides. @default true */
  cgroups?: boolean;
  /** Without `durable`: how long output is read after the exit while somebody else holds the pipe, in ms. @default 2000 */
  drainOutputMs?: number;
}

/**
 * Starts local child processes, each in a session and process group of its own, and stops them as whole trees.
 * @throws ProjectRunnerError `CONFIG_INVALID`
 */
export function launcherLocal(options: LauncherLocalOptions = {}): LauncherPlugin {
  const {
    durable = true,
    spoolBudgetBytes = 256 * 1024 * 1024,
    minFreeBytes = 64 * 1024 * 1024,
    punchHoles = true,
    drainOutputMs = 2000,
    cgroups = process.platform === 'linux',
  } = options;
  for (const [key, value] of Object.entries({ spoolBudgetBytes, minFreeBytes, drainOutputMs })) {
    if (!Number.isInteger(value) || value < 0) {
      throw new ProjectRunnerError(
        'CONFIG_INVALID',
        `launcherLocal: ${key} must be a whole number from 0; found ${String(value)}`,
      );
    }
  }
  const limits = { budgetBytes: spoolBudgetBytes, minFreeBytes, punchHoles };
  return {
    kind: 'launcher',
    name: 'local',
    apiVersion: 1,
    inherits: process.platform !== 'win32',
    launch: (spec) =>
      durable && spec.dir !== undefined && process.platform !== 'win32'
        ? launchDurable(spec, resolve(spec.dir), { ...limits, cgroups })
        : launchPiped(spec, drainOutputMs),
    adopt: async (request) => adopt(request, limits),
  };
}

import type { ErrorCode } from '@project-runner/core';
import { ProjectRunnerError } from '@project-runner/core';

/** What the command's exit code says; the README has the same table. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  buildFailed: 3,
  deployFailed: 4,
  serverExited: 5,
  requestFailed: 6,
  jobFailed: 7,
  jobTimedOut: 8,
  jobCancelled: 9,
} as const;

const usageCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CONFIG_INVALID',
  'PLUGIN_INVALID',
  'PLUGIN_DUPLICATE',
  'PLUGIN_MISSING',
  'PROJECT_NOT_FOUND',
  'MANIFEST_MISSING',
  'MANIFEST_INVALID',
  'ENV_FILE_INVALID',
  'JOB_NOT_FOUND',
]);

/** The exit code of an error that comes up before anything is built. */
export function exitCodeOf(error: unknown): number {
  const isUsage = ProjectRunnerError.is(error) && usageCodes.has(error.code);
  return isUsage ? exitCodes.usage : exitCodes.unexpected;
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** What shells report for a program that a signal ended. */
export function exitCodeOfSignal(signal: 'SIGHUP' | 'SIGINT' | 'SIGTERM'): number {
  return 128 + signalNumbers[signal];
}

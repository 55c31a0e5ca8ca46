import type { RunningServer } from '@project-runner/core';

import { exitCodes } from '../exit-codes.ts';
import type { Reporter } from '../output/reporter.ts';
import { originOf } from './origin-of.ts';

/** For one request of `--once`, in ms. */
const requestTimeoutMs = 60_000;

/** Makes the requests one after the other and shows the answers. Answers the exit code: not 0 unless all are 2xx. */
export async function makeRequests(
  server: Pick<RunningServer, 'host' | 'port'>,
  paths: readonly string[],
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  const origin = originOf(server);
  let failed = false;
  for (const path of paths) {
    signal.throwIfAborted();
    try {
      const response = await fetch(origin + path, {
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
      });
      reporter.response({ path, status: response.status, body: await response.text() });
      failed ||= !response.ok;
    } catch (error) {
      failed = true;
      const cause = (error as Error).cause;
      reporter.response({ path, status: null, body: cause instanceof Error ? cause.message : String(error) });
    }
  }
  return failed ? exitCodes.requestFailed : exitCodes.ok;
}

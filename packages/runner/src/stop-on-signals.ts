import { constants } from 'node:os';
import { inspect } from 'node:util';

import type { ProjectRunner, ShutdownOptions } from '@project-runner/core';

export interface StopOnSignalsOptions extends ShutdownOptions {
  /** @default ['SIGINT', 'SIGTERM', 'SIGHUP'] */
  signals?: readonly NodeJS.Signals[];
  /** Called when the shutdown fails; the process ends all the same. @default prints the error to stderr */
  onError?(error: unknown): void;
}

/**
 * Ends the process as the signal asks for, with 128 + its number, after `runner.shutdown`; a second signal ends it at
 * once. For hosts that have no handlers of their own: the runner itself never installs any. The answer removes them.
 */
export function stopOnSignals(
  runner: Pick<ProjectRunner, 'shutdown'>,
  {
    servers = 'stop',
    builds = 'cancel',
    signals = ['SIGINT', 'SIGTERM', 'SIGHUP'],
    onError = (error) => void process.stderr.write(`${inspect(error)}\n`),
  }: StopOnSignalsOptions = {},
): () => void {
  let asked = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    const code = 128 + constants.signals[signal];
    if (asked) process.exit(code);
    asked = true;
    try {
      await runner.shutdown({ servers, builds });
    } catch (error) {
      onError(error);
    }
    process.exit(code);
  };
  const listener = (signal: NodeJS.Signals): void => void stop(signal);
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

import type { CliIo } from '../cli-io.ts';
import { exitCodeOfSignal, exitCodes } from '../exit-codes.ts';
import { createReporter } from '../output/reporter.ts';
import type { Reporter } from '../output/reporter.ts';
import { listenForStop } from '../stop-requests.ts';
import { listenForUncaught, uncaughtHint } from '../uncaught-errors.ts';
import { interrupted } from './build-project.ts';

export interface LookOptions {
  json?: boolean;
  verbose?: boolean;
  /** The exit code of what the look throws. */
  codeOf(error: unknown): number;
}

/**
 * Runs a command that only looks: the user may end it, which it clears up after, and a second signal, or an error that nobody
 * caught, ends it at once. Answers the exit code.
 */
export async function runLook(
  io: CliIo,
  { json = false, verbose = false, codeOf }: LookOptions,
  look: (reporter: Reporter, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const reporter = createReporter(io, { json, verbose });
  const killed = Promise.withResolvers<number>();
  const stop = listenForStop(io, (signal) => killed.resolve(exitCodeOfSignal(signal)));
  const uncaught = listenForUncaught({
    onFirst(error) {
      killed.resolve(exitCodes.unexpected);
      reporter.error(error, { hint: uncaughtHint });
    },
    onFurther: () => undefined,
  });
  const orderly = look(reporter, stop.signal).catch((error: unknown) => {
    const reason = stop.reason();
    if (reason) return interrupted(reason, reporter);
    reporter.error(error);
    return codeOf(error);
  });
  const code = await Promise.race([orderly, killed.promise]);
  stop.dispose();
  uncaught.dispose();
  reporter.close();
  return code;
}

import { CommanderError } from 'commander';
import type { Command } from 'commander';

import { processIo } from './cli-io.ts';
import type { CliIo } from './cli-io.ts';
import { createProgram } from './create-program.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { usageError } from './input/usage-error.ts';
import { createReporter } from './output/reporter.ts';

/**
 * Runs the command `project-runner` with these arguments and answers its exit code. Signals of the process are listened
 * to while it works; the process is not ended.
 */
export async function runCli(argv: readonly string[], io: CliIo = processIo()): Promise<number> {
  let code: number = exitCodes.ok;
  const program = createProgram(io, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return refused(error, program, argv, io);
  }
}

/** Arguments that make no sense. Help and version end the parser in the same way, with nothing wrong. */
function refused(error: unknown, program: Command, argv: readonly string[], io: CliIo): number {
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
  // Help that was not asked for: there was no command, and the help was shown.
  if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage;
  const reporter = createReporter(io, { json: argv.includes('--json'), verbose: argv.includes('--verbose') });
  const shown = error instanceof CommanderError ? usageError(error, program, argv) : error;
  reporter.error(shown);
  return exitCodeOf(shown);
}

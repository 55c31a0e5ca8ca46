import { ProjectRunnerError } from '@project-runner/core';
import type { Command, CommanderError } from 'commander';

/** The parser's complaint as one of ours, with what the user probably meant. */
export function usageError(
  error: CommanderError,
  program: Command,
  argv: readonly string[],
): ProjectRunnerError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = meant(first, program, argv) ?? rest.join(' ').replace(/^\(|\)$/g, '');
  return new ProjectRunnerError('CONFIG_INVALID', first, {
    hint: `${suggestion ? `${suggestion} ` : ''}See project-runner --help`,
  });
}

function meant(message: string, program: Command, argv: readonly string[]): string | undefined {
  const option = /^unknown option '([^']+)'/.exec(message)?.[1]?.replace(/=.*$/s, '');
  if (option === undefined) return undefined;
  const command = argv.find((arg) => program.commands.some((item) => item.name() === arg));
  const owners = program.commands.filter(({ options }) => options.some(({ long }) => long === option));
  if (command === undefined || isBefore(argv, option, command)) {
    const example = owners[0] && `project-runner ${command ?? owners[0].name()} ${option}`;
    return example && `Options follow the command: ${example}.`;
  }
  const names = owners.map((item) => item.name()).join(' and ');
  return names === '' ? undefined : `${option} is only for ${names}.`;
}

function isBefore(argv: readonly string[], option: string, command: string): boolean {
  const at = argv.findIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  return at !== -1 && at < argv.indexOf(command);
}

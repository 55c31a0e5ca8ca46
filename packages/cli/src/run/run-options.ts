import type { Command } from 'commander';

import { collect } from '../input/parse-options.ts';

export interface RunCommandOptions {
  input?: string;
  inputFile?: string;
  env?: string[];
  key?: string;
  background?: boolean;
  wait?: string;
  status?: string;
  cancel?: string;
  list?: boolean;
  stateDir?: string;
  json?: boolean;
  verbose?: boolean;
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--input <json>', 'what the job gets (default: null)')
    .option('--input-file <file>', 'the same from a file; "-" is stdin')
    .option('--env <name=value>', 'set a variable, or pass on NAME of this shell; repeatable', collect)
    .option('--key <key>', 'the same key for the same name of a job is the same run')
    .option('--background', 'print the id of the run and leave it to itself')
    .option('--wait <id>', 'wait for a run, and print what came of it')
    .option('--status <id>', 'how far a run is')
    .option('--cancel <id>', 'stop a run with all that came from it')
    .option('--list', 'the runs that are kept')
    .option('--state-dir <dir>', "where runs are kept (default: in the user's state folder)")
    .option('--json', 'one JSON object a line on stdout')
    .option('--verbose', 'show stacks');
}

/** What is asked for; throws by `command.error` where that is not one thing. */
export function checkRunOptions(
  spec: string | undefined,
  options: RunCommandOptions,
  command: Pick<Command, 'error'>,
): void {
  const asked = [
    ...(spec === undefined ? [] : ['a spec']),
    ...(['wait', 'status', 'cancel', 'list'] as const)
      .filter((name) => options[name] !== undefined)
      .map((name) => `--${name}`),
  ];
  if (asked.length === 0) command.error('run needs a spec, --wait, --status, --cancel or --list');
  if (asked.length > 1) command.error(`run does one thing at a time; found ${asked.join(' and ')}`);
  const forSpec = (['input', 'inputFile', 'env', 'key', 'background'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (spec === undefined && forSpec) {
    command.error(`--${forSpec === 'inputFile' ? 'input-file' : forSpec} needs a spec`);
  }
  if (options.input !== undefined && options.inputFile !== undefined) {
    command.error('--input and --input-file are one too many');
  }
}

import { readFileSync } from 'node:fs';

import { Command } from 'commander';

import type { CliIo } from './cli-io.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import { addDoctorOptions, addProjectOptions } from './commands/project-options.ts';
import type { ProjectOptions } from './commands/project-options.ts';
import type { UpOptions } from './commands/up.ts';
import { addRunOptions, checkRunOptions } from './run/run-options.ts';
import type { RunCommandOptions } from './run/run-options.ts';
import { parsePort, parseRequestPath, parseSeconds } from './input/parse-options.ts';

/** The parser. `onExitCode` is called with the exit code of the command that ran. */
export function createProgram(io: CliIo, onExitCode: (code: number) => void): Command {
  const program = new Command('project-runner')
    .description('Builds a Node project and runs it as a supervised server; runs jobs.')
    .version(readVersion(), '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples)
    .addHelpText('after', exitCodeHelp)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Help without a command goes here; errors are thrown and shown by whoever called.
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => {},
    });

  const upCommand = program
    .command('up')
    .description('build the project in a folder, run it and show its log until Ctrl-C')
    .argument('[dir]', 'folder of the project', '.')
    .option('--port <number>', 'the port to use (default: a free one)', parsePort)
    .option('--start-timeout <seconds>', 'how long the server may take to answer (default: 30)', parseSeconds)
    .option('--once', 'make the requests when it is ready, show the answers, stop')
    .option(
      '--request <path>',
      'with --once; repeatable (default: the path of the health probe)',
      parseRequestPath,
    )
    .action(async (dir: string, options: UpOptions, command: Command) => {
      if (options.request && !options.once) command.error('--request needs --once');
      // Loaded late: help and wrong usage should not wait for the runner.
      const { up } = await import('./commands/up.ts');
      onExitCode(await up(dir, options, io));
    });
  const buildCommand = program
    .command('build')
    .description('build the project in a folder and show where the release is')
    .argument('[dir]', 'folder of the project', '.')
    .action(async (dir: string, options: ProjectOptions) => {
      const { build } = await import('./commands/build.ts');
      onExitCode(await build(dir, options, io));
    });
  const runCommand = program
    .command('run')
    .description('run a job once, or look after one that runs in the background')
    .argument('[spec]', 'YAML or JSON file of the job')
    .action(async (spec: string | undefined, options: RunCommandOptions, command: Command) => {
      checkRunOptions(spec, options, command);
      const { runJob } = await import('./run/run-job.ts');
      onExitCode(await runJob(spec, options, io));
    });
  addRunOptions(runCommand);
  const inspectCommand = program
    .command('inspect')
    .description('show what would be found and run in a folder, and why')
    .argument('[dir]', 'folder of the project', '.')
    .action(async (dir: string, options: ProjectOptions) => {
      const { inspect } = await import('./commands/inspect.ts');
      onExitCode(await inspect(dir, options, io));
    });
  const doctorCommand = program
    .command('doctor')
    .description('look at this machine and the configuration for what helps or hinders')
    .argument('[dir]', 'folder with the configuration', '.')
    .action(async (dir: string, options: DoctorOptions) => {
      const { doctor } = await import('./commands/doctor.ts');
      onExitCode(await doctor(dir, options, io));
    });
  addDoctorOptions(doctorCommand);
  inspectCommand.addHelpText('after', inspectHelp);
  doctorCommand.addHelpText('after', doctorHelp);
  for (const command of [upCommand, buildCommand, inspectCommand]) addProjectOptions(command);
  for (const command of [upCommand, buildCommand, runCommand, inspectCommand, doctorCommand]) {
    command.helpOption('-h, --help', 'show this help').allowExcessArguments(false);
    command.addHelpText('after', examples).addHelpText('after', exitCodeHelp);
  }
  return program;
}

const examples = `
Examples:
  project-runner up                                      the project in this folder
  project-runner up ./api --port 4200 --env-file .env.staging
  project-runner up ./api --secret API_KEY --env LOG_LEVEL=debug
  project-runner up ./api --once --request '/hello?name=Ada'
  project-runner up ./api --json | jq -r 'select(.event == "ready").url'
  project-runner build ./api
  project-runner run report.yaml --input '{ "month": 3 }' --json
  project-runner inspect ./api                           what would be run, and why
  project-runner doctor                                  what of this machine helps or hinders`;

const inspectHelp = `
Evaluates the configuration: a project-runner.config.ts (.js, …) in the folder is code, which runs. Nothing else of the
project is run, and nothing is written to it. Its package manager is asked for its --version.`;

const doctorHelp = `
Evaluates the configuration, runs --version of package managers, and writes 1 MB to the volume of the state folder,
which it takes away again. No port is leased, no server is started.`;

const exitCodeHelp = `
Exit codes:
  0  done, or stopped by the user while the server ran
  1  something unexpected, or a problem that doctor found
  2  wrong usage or configuration
  3  the build failed
  4  the server did not become ready
  5  the server exited by itself
  6  a request of --once was not answered with 2xx
  7  the job failed
  8  the job was not done in time
  9  the job was cancelled
  129, 130, 143  ended by SIGHUP, Ctrl-C, SIGTERM before the server was ready, or killed by the second one`;

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}

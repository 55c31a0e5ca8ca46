import type { Command } from 'commander';

import { collect, parseSeconds } from '../input/parse-options.ts';

/** What `up` and `build` have in common. Times are in ms here and in seconds on the command line. */
export interface ProjectOptions {
  envFile?: string[];
  envFrom?: string[];
  env?: string[];
  secret?: string[];
  secretsFrom?: string[];
  config?: string;
  buildDir?: string;
  stateDir?: string;
  dataDir?: string;
  skipInstall?: boolean;
  /** Commander's form of `--no-cache`. */
  cache?: boolean;
  allowInstallScripts?: boolean;
  buildTimeout?: number;
  json?: boolean;
  verbose?: boolean;
}

/**
 * `--env-file` has a second name: Node reads an option of that name itself, wherever it stands after the script and in
 * npx before us, and obeys a NODE_OPTIONS in the file (https://github.com/nodejs/node/issues/54232).
 */
export function addProjectOptions(command: Command): Command {
  return command
    .option('--env-file <file>', 'read variables from a file; repeatable, later files win', collect)
    .option('--env-from <file>', 'the same, out of the sight of Node, which reads --env-file itself', collect)
    .option(
      '--env <name=value>',
      'set a variable, or pass on NAME of this shell; repeatable, wins over files',
      collect,
    )
    .option('--secret <name>', 'pass on NAME of this shell and mask its value in logs; repeatable', collect)
    .option('--secrets-from <file>', 'like --env-from, with values that are masked in logs', collect)
    .option('--config <file>', 'configuration (default: project-runner.config.{ts,mts,js,mjs,json})')
    .option('--build-dir <dir>', 'where builds are made and kept')
    .option('--state-dir <dir>', "state, logs and builds (default: in the user's state folder)")
    .option('--data-dir <dir>', 'folders for what servers write, the same over all builds')
    .option('--skip-install', 'use the node_modules of the project as they are')
    .option('--no-cache', 'build anew, whatever was built before')
    .option('--allow-install-scripts', 'let install scripts of dependencies run')
    .option('--build-timeout <seconds>', 'for install and build together (default: 600)', parseSeconds)
    .option('--json', 'one JSON object a line on stdout')
    .option('--verbose', 'show the build log, diagnostics and stacks');
}

/** Those that say where things are. */
export function addDoctorOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration (default: project-runner.config.{ts,mts,js,mjs,json})')
    .option('--build-dir <dir>', 'where builds are made and kept')
    .option('--state-dir <dir>', "state, logs and builds (default: in the user's state folder)")
    .option('--json', 'one JSON object on stdout')
    .option('--verbose', 'show diagnostics and stacks');
}

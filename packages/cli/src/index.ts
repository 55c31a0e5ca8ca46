export type { CliIo } from './cli-io.ts';
export type { ProjectRunnerConfig } from './input/load-config.ts';
export { runCli } from './run-cli.ts';

import type { ErrorCode, ProjectRunnerError } from '@project-runner/core';

/** What to do about it in the terms of the command; the runner's own hints name its options, which only code can set. */
export function cliHint({ code, hint }: ProjectRunnerError): string | undefined {
  // This one names the probe that is at fault.
  if (code === 'SERVER_NOT_READY') return hint && withOwnOptions(hint);
  return cliHints[code] ?? hint;
}

function withOwnOptions(hint: string): string {
  return hint
    .replace('See the log of the server', 'See its log above')
    .replace('healthCheckTimeoutMs', '--start-timeout SECONDS')
    .replace(/(set .*)$/, '$1 in project-runner.config.ts');
}

const cliHints: Readonly<Partial<Record<ErrorCode, string>>> = {
  BUILD_TIMEOUT: 'See what it waits for with --verbose, or give it more time with --build-timeout SECONDS',
  PORT_UNAVAILABLE: 'Stop who has it, or try another --port',
  PORTS_EXHAUSTED: 'Stop a server, give --port NUMBER, or set a larger portRange in project-runner.config.ts',
};

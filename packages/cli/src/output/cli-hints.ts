import type { ErrorCode } from '@project-runner/core';

/** What to do about it in the terms of the command; the runner's own hints name its options, which only code can set. */
export const cliHints: Readonly<Partial<Record<ErrorCode, string>>> = {
  SERVER_NOT_READY:
    'See its log above; give it more time with --start-timeout SECONDS, or set healthCheck.endpoint to its own path in project-runner.config.ts',
  BUILD_TIMEOUT: 'See what it waits for with --verbose, or give it more time with --build-timeout SECONDS',
  PORT_UNAVAILABLE: 'Stop who has it, or try another --port',
  PORTS_EXHAUSTED: 'Stop a server, give --port NUMBER, or set a larger portRange in project-runner.config.ts',
};

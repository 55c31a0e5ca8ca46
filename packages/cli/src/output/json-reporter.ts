import type { Logger } from '@project-runner/core';

import type { CliIo } from '../cli-io.ts';
import { describeError } from './describe-error.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';

/** One JSON object a line on stdout, each with its `event`; nothing on stderr. */
export function createJsonReporter(io: CliIo, { verbose }: Omit<ReporterOptions, 'json'>): Reporter {
  const emit = (event: string, fields: object = {}): void => {
    io.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
  };
  const diagnostic =
    (level: keyof Logger) =>
    (message: string): void => {
      if (verbose || level === 'error') emit('diagnostic', { level, message });
    };
  return {
    stage: (name) => emit('stage', { stage: name }),
    buildLog: (line) => emit('build-log', { line }),
    built: (info) => emit('built', info),
    // `built` has it.
    release() {},
    ready: (info) => emit('ready', info),
    log: (stream, line) => emit('log', { stream, line }),
    response: (info) => emit('response', info),
    notice: (message) => emit('notice', { message }),
    stopped: () => emit('stopped'),
    error: (error, { logFile, rewrite, hint } = {}) => {
      const { stack, ...described } = describeError(error, rewrite);
      emit('error', { ...described, hint: described.hint ?? hint, logFile, ...(verbose ? { stack } : {}) });
    },
    logger: {
      debug: diagnostic('debug'),
      info: diagnostic('info'),
      warn: diagnostic('warn'),
      error: diagnostic('error'),
    },
    close() {},
  };
}

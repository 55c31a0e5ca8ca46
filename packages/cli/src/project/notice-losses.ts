import type { Logger } from '@project-runner/core';

/**
 * Passes everything on, and tells the user once of each log sink that loses lines: they would otherwise find out when
 * they look for the log.
 */
export function noticeLosses(logger: Logger, tell: (message: string) => void): Logger {
  const told = new Set<string>();
  return {
    debug: (message, data) => logger.debug(message, data),
    info: (message, data) => logger.info(message, data),
    warn(message, data) {
      const sink = /^\[(log-sink:[^\]]+)\] [^:]*\b(?:loses lines|lost)\b/.exec(message)?.[1];
      if (sink !== undefined && !told.has(sink)) {
        told.add(sink);
        tell(`The log has gaps: ${sink} loses lines${reasonOf(data, sink)}`);
      }
      logger.warn(message, data);
    },
    error: (message, data) => logger.error(message, data),
  };
}

function reasonOf(data: unknown, sink: string): string {
  if (data === undefined) return '';
  const reason = data instanceof Error ? data.message : String(data);
  return `, ${reason.replace(`[${sink}] `, '')}`;
}

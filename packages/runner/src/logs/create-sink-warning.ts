import { pluginKey } from '@project-runner/core';
import type { Logger, LogSession, LogSinkPlugin } from '@project-runner/core';

/** Told as `[log-sink:name] {before} server {id}{after}: {reason}`. */
export type SinkWarning = (before: string, after?: string, why?: unknown) => void;

/** The reason is in the text, too: loggers that write JSON show nothing of an error beside it. */
export function createSinkWarning(logger: Logger, sink: LogSinkPlugin, session: LogSession): SinkWarning {
  const key = pluginKey(sink);
  return (before, after = '', why) => {
    const reason = why === undefined ? '' : `: ${reasonsOf(why).join(': ').replace(`[${key}] `, '')}`;
    logger.warn(`[${key}] ${before} server ${session.serverId}${after}${reason}`, why);
  };
}

/** An error and its causes; those that a message already tells are left out. */
function reasonsOf(why: unknown): string[] {
  const reasons: string[] = [];
  let cause = why;
  // Causes may go in a circle.
  for (let depth = 0; depth < 5 && cause !== undefined && cause !== null; depth += 1) {
    const { message, code } = cause as { message?: unknown; code?: unknown };
    // An `AggregateError`, as of a connection that all addresses refuse, has no message of its own.
    const reason = String(cause instanceof Error ? message || code || cause.name : cause);
    if (!reasons.some((told) => told.includes(reason))) reasons.push(reason);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return reasons;
}

import type { Logger } from '@project-runner/core';

/** The same logger, except that nothing it throws reaches a request: there is nobody to tell. */
export function safeLogger(logger: Logger): Logger {
  const safe =
    (level: keyof Logger): Logger['info'] =>
    (message, data) => {
      try {
        const result: unknown = logger[level](message, data);
        if (result instanceof Promise) result.catch(() => undefined);
      } catch {
        return;
      }
    };
  return { debug: safe('debug'), info: safe('info'), warn: safe('warn'), error: safe('error') };
}

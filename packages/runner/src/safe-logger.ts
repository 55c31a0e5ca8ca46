import type { Logger } from '@project-runner/core';

import { catchLater } from './catch-later.ts';

/** The same logger, except that nothing it throws, now or later, reaches a caller: there is nobody to tell. */
export function safeLogger(logger: Logger): Logger {
  const ignore = (): void => {};
  const safe =
    (level: keyof Logger) =>
    (...args: [message: string, data?: unknown]): void => {
      try {
        catchLater(logger[level](...args), ignore);
      } catch {
        ignore();
      }
    };
  return { debug: safe('debug'), info: safe('info'), warn: safe('warn'), error: safe('error') };
}

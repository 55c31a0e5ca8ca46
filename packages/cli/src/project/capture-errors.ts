import type { Logger } from '@project-runner/core';

export interface CapturedErrors {
  /** Passes everything on and remembers the errors it is given. */
  logger: Logger;
  /** The newest remembered error with whose message `text` begins. */
  find(text: string): Error | undefined;
}

/** A failed build is a record with a message. The error behind it, with code, hint and causes, is in the log. */
export function captureErrors(logger: Logger): CapturedErrors {
  const errors: Error[] = [];
  const level =
    (name: keyof Logger) =>
    (message: string, data?: unknown): void => {
      if (data instanceof Error) errors.push(data);
      logger[name](message, data);
    };
  return {
    logger: { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') },
    find: (text) => errors.findLast((error) => text.startsWith(error.message)),
  };
}

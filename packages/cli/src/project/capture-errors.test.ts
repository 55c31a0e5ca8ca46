import { describe, expect, it } from 'vitest';

import { captureErrors } from './capture-errors.ts';

describe('captureErrors', () => {
  it('passes on and finds the error behind a message', () => {
    const passed: unknown[][] = [];
    const log = (...args: unknown[]): void => void passed.push(args);
    const { logger, find } = captureErrors({ debug: log, info: log, warn: log, error: log });
    const error = new Error('Install failed: stale');
    logger.debug('Build 1 failed', error);
    logger.info('no error', { some: 'data' });
    expect(find('Install failed: stale. Run npm install')).toBe(error);
    expect(find('something else')).toBeUndefined();
    expect(passed).toEqual([
      ['Build 1 failed', error],
      ['no error', { some: 'data' }],
    ]);
  });
});

import { once } from 'node:events';

import { expect, it, onTestFinished } from 'vitest';

import { resolveConfig } from './resolve-config.ts';

const boom = (): never => {
  throw new Error('a bug of the logger');
};

it('passes on what it is given, with the logger as `this`', () => {
  class Counting {
    lines: unknown[][] = [];
    debug = boom;
    info = boom;
    error = boom;
    warn(...args: unknown[]): void {
      this.lines.push(args);
    }
  }
  const given = new Counting();
  const { logger } = resolveConfig({ logger: given });
  logger.warn('alone');
  logger.warn('with', { data: 1 });
  expect(given.lines).toEqual([['alone'], ['with', { data: 1 }]]);
});

it('never throws', () => {
  const { logger } = resolveConfig({ logger: { debug: boom, info: boom, warn: boom, error: boom } });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    expect(() => logger[level]('x')).not.toThrow();
  }
});

it('leaves no rejection behind', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const later = (): Promise<never> => Promise.reject(new Error('a bug of the logger'));
  const { logger } = resolveConfig({ logger: { debug: later, info: later, warn: later, error: later } });
  logger.error('x');
  // One that nobody can miss comes after it, so that waiting for that one is long enough.
  const probe = new Error('probe');
  const seen = once(process, 'unhandledRejection');
  void Promise.reject(probe);
  await seen;
  expect(unhandled).toEqual([probe]);
});

import { expect, it } from 'vitest';

import { noticeLosses } from './notice-losses.ts';

it('tells once of each sink, with the cause, and passes on everything', () => {
  const passed: string[] = [];
  const told: string[] = [];
  const log = (message: string): void => void passed.push(message);
  const logger = noticeLosses({ debug: log, info: log, warn: log, error: log }, (message) =>
    told.push(message),
  );
  logger.warn('Server 1 exited by itself', {});
  logger.warn(
    '[log-sink:file] loses lines of server 1',
    new Error('[log-sink:file] write failed: ENOSPC: no space left'),
  );
  logger.warn('[log-sink:file] works again, and lost 3 lines of server 1');
  logger.warn('[log-sink:other] does not tell what it keeps of server 1: connection lost');
  logger.warn('[log-sink:slow] loses lines of server 1', 'its queue is full');
  expect(told).toEqual([
    'The log has gaps: log-sink:file loses lines, write failed: ENOSPC: no space left',
    'The log has gaps: log-sink:slow loses lines, its queue is full',
  ]);
  expect(passed).toHaveLength(5);
});

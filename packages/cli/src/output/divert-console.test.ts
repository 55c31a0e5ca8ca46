import { PassThrough } from 'node:stream';

import { expect, it, vi } from 'vitest';

import { divertConsole } from './divert-console.ts';

it('sends the console to stderr and back', () => {
  const stderr = new PassThrough();
  const before = { ...console };
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const restore = divertConsole(stderr);
  console.log('a %s', 'log');
  console.info('an info');
  console.error('an error');
  console.table([1]);
  restore();
  console.log('back');
  expect(log.mock.calls).toEqual([['back']]);
  log.mockRestore();
  expect({ ...console }).toEqual(before);
  expect(String(stderr.read())).toMatch(/^a log\nan info\nan error\n┌/);
});

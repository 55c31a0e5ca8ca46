import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { createBuildLogStream, createFilteredLogStream, createMultiLogStream } from './build-log-streams.ts';

describe('createBuildLogStream', () => {
  it('formats lines', () => {
    const lines: string[] = [];
    createBuildLogStream((line) => lines.push(line), { prefix: '[build]' })('hello');
    createBuildLogStream((line) => lines.push(line), { includeTimestamp: false })('');
    createBuildLogStream(undefined)('to nobody');
    expect(lines[0]).toMatch(/^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] \[build\] hello$/);
    expect(lines[1]).toBe('');
  });

  it('hands buffered lines over together, by the timer or by flush', async () => {
    const texts: string[] = [];
    const arrived = Promise.withResolvers<void>();
    const options = { buffered: true, includeTimestamp: false, flushIntervalMs: 1 };
    const log = createBuildLogStream((text) => (texts.push(text), arrived.resolve()), options);
    log('a');
    log('b');
    expect(texts).toEqual([]);
    await arrived.promise;
    log('c');
    log.flush();
    log.flush();
    expect(texts).toEqual(['a\nb', 'c']);
  });

  it('does not crash the process for a callback that throws in the timer', async () => {
    const warned = once(process, 'warning');
    const fail = (): never => {
      throw new Error('callback');
    };
    createBuildLogStream(fail, { buffered: true, flushIntervalMs: 1 })('a');
    expect((await warned)[0]).toMatchObject({ message: 'callback' });
  });
});

it('createMultiLogStream reaches everybody', async () => {
  const lines: string[] = [];
  const warned = once(process, 'warning');
  const fail = (): never => {
    throw new Error('one of many');
  };
  createMultiLogStream(fail, undefined, (line) => lines.push(line))('a');
  expect(lines).toEqual(['a']);
  expect((await warned)[0]).toMatchObject({ message: 'one of many' });
});

it('createFilteredLogStream passes what is wanted', () => {
  const lines: string[] = [];
  const log = createFilteredLogStream(
    (line) => lines.push(line),
    (line) => line.startsWith('a'),
  );
  for (const line of ['ab', 'b', 'ac']) log(line);
  expect(lines).toEqual(['ab', 'ac']);
});

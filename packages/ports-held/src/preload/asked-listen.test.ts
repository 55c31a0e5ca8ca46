import { describe, expect, it } from 'vitest';

import { askedListen } from './asked-listen.ts';

const callback = (): void => undefined;

describe('askedListen', () => {
  it.each<[unknown[], number]>([
    [[3000], 3000],
    [['3000'], 3000],
    [[3000, '127.0.0.1', 511, callback], 3000],
    [[{ port: 3000, host: '::' }, callback], 3000],
    [[{ port: '3000', path: undefined }], 3000],
  ])('of %j asks for port %d', (args, port) => {
    const hasCallback = args.includes(callback);
    expect(askedListen(args)).toMatchObject({ port, callback: hasCallback ? [callback] : [] });
  });

  it.each([
    [[]],
    [['/run/3000']],
    [['./3000']],
    [[{ path: '/3000' }]],
    [[{ fd: 3, port: 3000 }]],
    [[{ _handle: {} }]],
    [[null]],
  ])('of %j asks for no port', (args: unknown[]) => {
    expect(askedListen(args)).toBeNull();
  });

  it('keeps the signal', () => {
    const { signal } = new AbortController();
    expect(askedListen([{ port: 1, signal }])?.signal).toBe(signal);
  });
});

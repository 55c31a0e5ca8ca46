import { PassThrough } from 'node:stream';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { CliIo } from './cli-io.ts';
import { listenForStop } from './stop-requests.ts';
import type { StopRequests } from './stop-requests.ts';

describe('listenForStop', () => {
  it('takes a signal as the wish to stop, and its echo as the same', () => {
    const { stop, repeats } = listen();
    expect(stop.reason()).toBeUndefined();
    process.emit('SIGINT', 'SIGINT');
    process.emit('SIGINT', 'SIGINT');
    expect(stop.signal.aborted).toBe(true);
    expect(stop.reason()).toBe('SIGINT');
    expect(repeats).toEqual([]);
  });

  it('takes a later one as impatience, except SIGHUP', async () => {
    const { stop, repeats } = listen();
    process.emit('SIGHUP', 'SIGHUP');
    const first = performance.now();
    while (repeats.length === 0) {
      process.emit('SIGHUP', 'SIGHUP');
      process.emit('SIGTERM', 'SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(performance.now() - first).toBeGreaterThan(400);
    expect(repeats[0]).toBe('SIGTERM');
    expect(stop.reason()).toBe('SIGHUP');
  });

  it('stops when nobody reads any more', () => {
    const { stop, io } = listen();
    io.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    io.stderr.emit('error', new Error('again'));
    expect(stop.reason()).toBe('output-closed');
  });

  it('leaves no listener for signals', () => {
    const before = process.listenerCount('SIGINT');
    const { stop } = listen();
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    stop.dispose();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

function listen(): { stop: StopRequests; io: CliIo; repeats: string[] } {
  const io: CliIo = { stdout: new PassThrough(), stderr: new PassThrough(), env: {}, cwd: '/' };
  const repeats: string[] = [];
  const stop = listenForStop(io, (signal) => repeats.push(signal));
  onTestFinished(() => stop.dispose());
  return { stop, io, repeats };
}

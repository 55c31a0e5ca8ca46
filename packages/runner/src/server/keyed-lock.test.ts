import { describe, expect, it } from 'vitest';

import { createKeyedLock } from './keyed-lock.ts';

describe('createKeyedLock', () => {
  it('runs tasks of one key in the order of the calls, those of other keys beside them', async () => {
    const lock = createKeyedLock();
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = lock.run('a', async () => {
      order.push('a1');
      await gate.promise;
      order.push('a1 end');
    });
    const second = lock.run('a', () => Promise.resolve(order.push('a2')));
    await lock.run('b', () => Promise.resolve(order.push('b')));
    expect(order).toEqual(['a1', 'b']);
    gate.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['a1', 'b', 'a1 end', 'a2']);
  });

  it('goes on after a task that fails, and hands its failure to its caller alone', async () => {
    const lock = createKeyedLock();
    const failed = lock.run('a', () => Promise.reject(new Error('no')));
    const next = lock.run('a', () => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('rejects a task at once whose signal aborts while it waits, and never runs it', async () => {
    const lock = createKeyedLock();
    const gate = Promise.withResolvers<void>();
    const running = lock.run('a', () => gate.promise);
    const abort = new AbortController();
    let ran = false;
    const waiting = lock.run('a', () => Promise.resolve((ran = true)), abort.signal);
    const last = lock.run('a', () => Promise.resolve('last'));
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    gate.resolve();
    await running;
    expect(await last).toBe('last');
    expect(ran).toBe(false);
  });

  it('leaves a task that runs already to its own signal', async () => {
    const lock = createKeyedLock();
    const abort = new AbortController();
    const gate = Promise.withResolvers<string>();
    const running = lock.run('a', () => gate.promise, abort.signal);
    await Promise.resolve();
    abort.abort(new Error('enough'));
    gate.resolve('done');
    expect(await running).toBe('done');
  });

  it('refuses a task whose signal has aborted before the call', async () => {
    const lock = createKeyedLock();
    let ran = false;
    const task = (): Promise<boolean> => Promise.resolve((ran = true));
    await expect(lock.run('a', task, AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
    expect(ran).toBe(false);
  });

  it('is idle when nothing runs, tasks that begin meanwhile included', async () => {
    const lock = createKeyedLock();
    await lock.idle();
    const done: number[] = [];
    void lock.run('a', async () => {
      await Promise.resolve();
      void lock.run('b', () => Promise.resolve(done.push(2)));
      done.push(1);
    });
    await lock.idle();
    expect(done).toEqual([1, 2]);
  });
});

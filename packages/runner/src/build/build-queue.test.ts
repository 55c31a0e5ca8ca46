import { describe, expect, it } from 'vitest';

import { createBuildQueue } from './build-queue.ts';
import type { BuildQueue } from './build-queue.ts';

const never = new AbortController().signal;

/** A task that runs until it is told to end. */
function begin(queue: BuildQueue, key: string, log: string[], signal = never): Task {
  const end = Promise.withResolvers<void>();
  const position: number[] = [];
  const done = queue.run({ key, signal, onWait: (at) => position.push(at) }, async () => {
    log.push(key);
    await end.promise;
  });
  return { done, position, end: () => (end.resolve(), done) };
}

interface Task {
  done: Promise<void>;
  position: number[];
  end(): Promise<void>;
}

/** A task whose turn has come begins a moment later. */
const started = (): Promise<void> => new Promise(setImmediate);

describe('createBuildQueue', () => {
  it('serves who came first, and tells places', async () => {
    const queue = createBuildQueue({ total: 1 });
    const log: string[] = [];
    const tasks = ['a', 'b', 'c'].map((key) => begin(queue, key, log));
    expect([queue.waiting(), tasks.map(({ position }) => position)]).toEqual([2, [[], [1], [2]]]);
    for (const task of tasks) await task.end();
    expect([queue.waiting(), log]).toEqual([0, ['a', 'b', 'c']]);
  });

  it('lets those of another key pass one whose key has its share', async () => {
    const queue = createBuildQueue({ total: 2, perKey: 1 });
    const log: string[] = [];
    const first = begin(queue, 'a', log);
    const second = begin(queue, 'a', log);
    const third = begin(queue, 'b', log);
    const fourth = begin(queue, 'c', log);
    await started();
    expect([log, queue.waiting()]).toEqual([['a', 'b'], 2]);
    // `a` came before `c`, and its key has room again.
    await first.end();
    await started();
    expect(log).toEqual(['a', 'b', 'a']);
    await third.end();
    await started();
    expect(log).toEqual(['a', 'b', 'a', 'c']);
    await Promise.all([second.end(), fourth.end()]);
  });

  it('gives a place free for the whole queue, not only for the next in it', async () => {
    const queue = createBuildQueue({ total: 3, perKey: 1 });
    const log: string[] = [];
    const a = begin(queue, 'a', log);
    const waiting = [begin(queue, 'a', log), begin(queue, 'a', log)];
    const b = begin(queue, 'b', log);
    await Promise.all([a.end(), b.end()]);
    await started();
    expect([log, queue.waiting()]).toEqual([['a', 'b', 'a'], 1]);
    for (const task of waiting) await task.end();
    expect(queue.waiting()).toBe(0);
  });

  it('forgets one that is aborted while it waits, and keeps its place for nobody', async () => {
    const queue = createBuildQueue({ total: 1 });
    const log: string[] = [];
    const abort = new AbortController();
    const first = begin(queue, 'a', log);
    const second = begin(queue, 'b', log, abort.signal);
    const third = begin(queue, 'c', log);
    abort.abort(new Error('enough'));
    await expect(second.done).rejects.toThrow('enough');
    expect(queue.waiting()).toBe(1);
    await first.end();
    await third.end();
    expect(log).toEqual(['a', 'c']);
    await expect(queue.run({ key: 'd', signal: abort.signal }, async () => 1)).rejects.toThrow('enough');
  });

  it('goes on after a task that throws', async () => {
    const queue = createBuildQueue({ total: 1, perKey: 1 });
    const failing = queue.run({ key: 'a', signal: never }, async () => {
      throw new Error('broken');
    });
    const log: string[] = [];
    const next = begin(queue, 'a', log);
    await expect(failing).rejects.toThrow('broken');
    await next.end();
    expect(log).toEqual(['a']);
  });

  it('lets others have a place that is lent, and gives one back before all who wait', async () => {
    const queue = createBuildQueue({ total: 1 });
    const log: string[] = [];
    const lent = Promise.withResolvers<() => Promise<void>>();
    const back = Promise.withResolvers<void>();
    const lending = queue.run({ key: 'a', signal: never }, async ({ lend }) => {
      lent.resolve(lend());
      await back.promise;
    });
    const comeBack = await lent.promise;
    const [second, third] = [begin(queue, 'b', log), begin(queue, 'c', log)];
    await started();
    expect([log, queue.waiting()]).toEqual([['b'], 1]);
    const isBack = comeBack().then(() => log.push('a again'));
    await second.end();
    await isBack;
    expect(log).toEqual(['b', 'a again']);
    back.resolve();
    await lending;
    await third.end();
    expect([log, queue.waiting()]).toEqual([['b', 'a again', 'c'], 0]);
  });

  it('counts a lent place once when the task ends without it, or is cancelled', async () => {
    const queue = createBuildQueue({ total: 1 });
    const log: string[] = [];
    await queue.run({ key: 'a', signal: never }, async ({ lend }) => void lend());
    const cancel = new AbortController();
    const cancelled = queue.run({ key: 'a', signal: cancel.signal }, async ({ lend }) => {
      const comeBack = lend();
      cancel.abort(new Error('enough'));
      await comeBack();
    });
    await expect(cancelled).rejects.toThrowError('enough');
    const [one, two] = [begin(queue, 'b', log), begin(queue, 'c', log)];
    await started();
    expect([log, queue.waiting()]).toEqual([['b'], 1]);
    await one.end();
    await two.end();
  });
});

import { expect, it } from 'vitest';

import { createRunQueue } from './run-queue.ts';

const never = new AbortController().signal;

it('lets so many in, the others in order', async () => {
  const queue = createRunQueue(2);
  const [first, second] = [await queue.enter(never), await queue.enter(never)];
  const order: string[] = [];
  const third = queue.enter(never).then((leave) => (order.push('third'), leave));
  const fourth = queue.enter(never).then((leave) => (order.push('fourth'), leave));
  first();
  // Twice is once.
  first();
  (await third)();
  await fourth;
  expect(order).toEqual(['third', 'fourth']);
  second();
});

it('counts what runs already, and keeps nobody in it that gave up', async () => {
  const queue = createRunQueue(1);
  const running = queue.join();
  const gone = new AbortController();
  const waiting = queue.enter(gone.signal);
  const next = queue.enter(never);
  gone.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  await expect(queue.enter(gone.signal)).rejects.toThrow('left');
  running();
  (await next)();
  (await queue.enter(never))();
});

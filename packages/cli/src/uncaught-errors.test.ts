import { expect, it, onTestFinished } from 'vitest';

import { listenForUncaught } from './uncaught-errors.ts';

it('tells the first from those that follow, survives its listeners, and leaves nothing', () => {
  const before = process.listeners('uncaughtException');
  const told: unknown[] = [];
  const uncaught = listenForUncaught({
    onFirst(error) {
      told.push(['first', error]);
      throw new Error('the terminal is gone');
    },
    onFurther: (error) => told.push(['further', error]),
  });
  onTestFinished(() => uncaught.dispose());
  const own = process.listeners('uncaughtException').find((listener) => !before.includes(listener));
  expect(uncaught.any()).toBe(false);
  own?.(new Error('one'), 'uncaughtException');
  own?.(new Error('two'), 'unhandledRejection');
  expect(uncaught.any()).toBe(true);
  expect(told).toEqual([
    ['first', new Error('one')],
    ['further', new Error('two')],
  ]);
  uncaught.dispose();
  expect(process.listeners('uncaughtException')).toEqual(before);
});

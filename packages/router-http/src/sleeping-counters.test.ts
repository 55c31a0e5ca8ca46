import { expect, it } from 'vitest';

import { RouteCounters } from './route-counters.ts';
import { SleepingCounters } from './sleeping-counters.ts';

it('gives back what was kept, once', () => {
  const sleeping = new SleepingCounters();
  const counters = new RouteCounters();
  sleeping.keep('a', counters);
  expect(sleeping.take('a')).toBe(counters);
  expect(sleeping.take('a')).not.toBe(counters);
});

it('forgets those that are gone the longest', () => {
  const sleeping = new SleepingCounters(2);
  const [first, second, third] = [new RouteCounters(), new RouteCounters(), new RouteCounters()];
  sleeping.keep('a', first);
  sleeping.keep('b', second);
  sleeping.keep('c', third);
  expect(sleeping.take('a')).not.toBe(first);
  expect(sleeping.take('b')).toBe(second);
  expect(sleeping.take('c')).toBe(third);
});

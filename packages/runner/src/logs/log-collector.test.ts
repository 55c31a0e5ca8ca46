import { describe, expect, it } from 'vitest';

import { LogCollector } from './log-collector.ts';
import { RingBuffer } from './ring-buffer.ts';

describe('LogCollector', () => {
  const filled = (): LogCollector => {
    const collector = new LogCollector(3);
    collector.append('zero', 'stderr');
    collector.appendMultiple(['one', 'two', 'three']);
    return collector;
  };

  it('keeps the last lines', () => {
    const collector = filled();
    expect(collector.getAll()).toBe('one\ntwo\nthree');
    expect(collector.getTail(2)).toBe('two\nthree');
    expect(collector.getLineCount()).toBe(3);
    expect(collector.getSince(new Date(Date.now() + 60_000))).toBe('');
    expect(collector.getSince(new Date(0))).toBe('one\ntwo\nthree');
    collector.clear();
    expect(collector.getAll()).toBe('');
  });

  it('pages backwards; an unknown cursor gives an empty page', () => {
    const collector = filled();
    const newest = collector.getPaginated(2);
    expect(newest).toMatchObject({ hasMore: true, oldestCursor: '3', newestCursor: '4' });
    expect(newest.entries.map((entry) => entry.line)).toEqual(['two', 'three']);
    const older = collector.getPaginated(2, '3');
    expect(older.entries).toEqual(collector.getAllStructured().slice(0, 1));
    expect(older.hasMore).toBe(false);
    const empty = { entries: [], hasMore: false, oldestCursor: null, newestCursor: null };
    for (const cursor of ['1', '99', '', 'x', 'NaN', '3.0', '-1']) {
      expect(collector.getPaginated(2, cursor)).toEqual(empty);
    }
  });

  it('streams, until it is told not to', () => {
    const collector = new LogCollector();
    const heard: string[] = [];
    const leave = collector.stream((line, id, stream) => heard.push(`${id} ${stream} ${line}`));
    collector.append('a');
    collector.append('b', 'stderr');
    leave();
    collector.append('c');
    expect(heard).toEqual(['1 stdout a', '2 stderr b']);
  });
});

describe('RingBuffer', () => {
  it('keeps the last items and finds them', () => {
    const ring = new RingBuffer<number>(3);
    for (let n = 1; n <= 10; n += 1) {
      ring.push(n);
      expect(ring.toArray()).toEqual([n - 2, n - 1, n].filter((item) => item > 0));
    }
    expect(ring.getTail(2)).toEqual([9, 10]);
    expect(ring.getNewest(99)).toEqual([8, 9, 10]);
    expect(ring.getTail(0)).toEqual([]);
    expect(ring.getBefore('10', 1, String)).toEqual([9]);
    expect(ring.getBefore('7', 5, String)).toEqual([]);
    expect(ring.getSize()).toBe(3);
    expect(() => new RingBuffer(0)).toThrow(TypeError);
  });
});

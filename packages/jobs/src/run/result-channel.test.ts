import { expect, it } from 'vitest';

import { parseProgress, splitChannel } from './result-channel.ts';

it('tells progress from the result', () => {
  const text = '{"progress":0.1}\n{"progress": 1, "step": "done"}\n{"answer": 42}\n';
  expect(splitChannel(text)).toEqual({
    progress: [
      { progress: 0.1, step: null },
      { progress: 1, step: 'done' },
    ],
    result: '{"answer": 42}',
  });
});

it('leaves a result in several lines alone, whatever it has in it', () => {
  const result = JSON.stringify({ list: [{ progress: 0.5 }] }, null, 2);
  expect(splitChannel(`{"progress":0}\n${result}\n`).result).toBe(result);
});

it.each([
  '{"progress":2}',
  '{"progress":"half"}',
  '{"progress":0.5,"more":1}',
  '{"progress":0.5,"step":7}',
  '{"progress":0.',
  ' {"progress":0.5}',
  '["progress"]',
])('takes %s for no progress', (line) => {
  expect(parseProgress(line)).toBeNull();
});

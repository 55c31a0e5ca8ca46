import { describe, expect, it } from 'vitest';

import { storedVariables } from './stored-variables.ts';

describe('storedVariables', () => {
  it('reads both forms in which hosts keep variables; a later entry of a list wins', () => {
    expect(storedVariables({ A: '1', EMPTY: '' })).toEqual({ A: '1', EMPTY: '' });
    const list = [
      { key: 'A', value: '1', isSecret: false },
      { key: 'A', value: '2' },
    ];
    expect(storedVariables(list)).toEqual({ A: '2' });
  });

  it('has none where a record has none', () => {
    for (const nothing of [undefined, null, {}, []]) expect(storedVariables(nothing)).toEqual({});
  });
});

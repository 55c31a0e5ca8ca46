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

  it.each([
    [
      { 'A=B': 'secret' },
      'wrong value for project.envVars["A=B"]: expected a variable name without "=" and NUL',
    ],
    [[{ key: 'A=B', value: 'secret' }], 'project.envVars["A=B"]'],
    [{ 'A\0B': 'secret' }, 'project.envVars["A\0B"]'],
    [{ '': 'secret' }, 'project.envVars[""]'],
    [{ TOKEN: 'sec\0ret' }, 'wrong value for project.envVars.TOKEN: expected a string without NUL'],
  ])('refuses %j and shows no value', (stored, message) => {
    expect(() => storedVariables(stored, 'project.envVars')).toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    );
    expect(() => storedVariables(stored)).toThrowError(
      expect.objectContaining({ message: expect.not.stringContaining('ret') as string }),
    );
  });

  it('leaves out what is no text, whatever its name', () => {
    const stored = [
      { key: 'A=B', value: { encrypted: 'x' } },
      { key: 1, value: 'x' },
      null,
      { key: 'C', value: 'd' },
    ];
    expect(storedVariables(stored)).toEqual({ C: 'd' });
  });
});

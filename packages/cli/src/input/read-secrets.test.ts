import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readSecrets } from './read-secrets.ts';

const cwd = mkdtempSync(join(tmpdir(), 'cli-secrets-'));
const nothing = { secretsFrom: [], secret: [], cwd, environment: {}, warn: () => {} };

describe('readSecrets', () => {
  it('reads files in order and lets the shell win', () => {
    writeFileSync(join(cwd, 'one.env'), 'A=1\nB="two words"\n');
    writeFileSync(join(cwd, 'two.env'), 'A=2\nC=$(touch pwned)\n');
    const environment = { A: 'shell', OTHER: 'no' };
    const secretsFrom = ['one.env', 'two.env'];
    expect(readSecrets({ ...nothing, environment, secretsFrom })).toEqual({
      A: '2',
      B: 'two words',
      C: '$(touch pwned)',
    });
    expect(readSecrets({ ...nothing, environment, secretsFrom, secret: ['A'] })).toMatchObject({
      A: 'shell',
    });
    expect(readSecrets(nothing)).toEqual({});
  });

  it('says which name is not set', () => {
    expect(() => readSecrets({ ...nothing, secret: ['KEY'] })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: '--secret KEY: KEY is not set in this shell',
        hint: 'Export KEY first, or put it into a file for --secrets-from',
      }),
    );
  });

  it.each(['KEY=hunter2', '=hunter2', '1A', 'A B', ''])(
    'refuses %j and keeps the value to itself',
    (secret) => {
      const read = (): unknown =>
        readSecrets({ ...nothing, secret: [secret], environment: { KEY: 'x', [secret]: 'x' } });
      expect(read).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          hint: expect.stringContaining('--secrets-from') as string,
        }),
      );
      expect(read).not.toThrow(/hunter2/);
    },
  );

  it('names a file that is not there, and warns of odd lines', () => {
    expect(() => readSecrets({ ...nothing, secretsFrom: ['none.env'] })).toThrow(
      expect.objectContaining({ code: 'ENV_FILE_INVALID' }),
    );
    writeFileSync(join(cwd, 'odd.env'), 'A=1\nhunter2\n');
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    expect(readSecrets({ ...nothing, secretsFrom: ['odd.env'], warn })).toEqual({ A: '1' });
    expect(warnings).toEqual([`${join(cwd, 'odd.env')}:2: expected NAME=VALUE; the line is left out`]);
  });
});

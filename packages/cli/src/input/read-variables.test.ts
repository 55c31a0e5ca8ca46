import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readVariables } from './read-variables.ts';

const cwd = mkdtempSync(join(tmpdir(), 'cli-variables-'));
const nothing = { envFiles: [], env: [], cwd, environment: {}, warn: () => {} };

describe('readVariables', () => {
  it('reads files in order and lets --env win', () => {
    writeFileSync(join(cwd, 'one.env'), 'A=1\nB="two words"\nC=$(touch pwned)\n');
    writeFileSync(join(cwd, 'two.env'), 'A=2 # comment\nexport D=4\n');
    expect(readVariables({ ...nothing, envFiles: ['one.env', 'two.env'], env: ['B=x=y', 'E='] })).toEqual({
      A: '2',
      B: 'x=y',
      C: '$(touch pwned)',
      D: '4',
      E: '',
    });
  });

  it('takes a value from the shell for a bare name', () => {
    expect(readVariables({ ...nothing, env: ['KEY'], environment: { KEY: 'value', OTHER: 'no' } })).toEqual({
      KEY: 'value',
    });
  });

  it('says which name is not set', () => {
    expect(() => readVariables({ ...nothing, env: ['KEY'] })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: '--env KEY: KEY is not set in this shell',
        hint: 'Give the value, --env KEY=VALUE, or export KEY first',
      }),
    );
  });

  it.each(['=x', '1A=x', 'A B=x', ''])(
    'refuses the name in %j and keeps the value to itself',
    (assignment) => {
      const read = (): unknown => readVariables({ ...nothing, env: [assignment.replace('=x', '=secret')] });
      expect(read).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
      expect(read).not.toThrow(/secret/);
    },
  );

  it('names a file that is not there', () => {
    expect(() => readVariables({ ...nothing, envFiles: ['none.env'] })).toThrow(
      expect.objectContaining({
        code: 'ENV_FILE_INVALID',
        message: `The file of variables ${join(cwd, 'none.env')} cannot be read`,
      }),
    );
  });

  it('warns of odd lines, and takes the others', () => {
    writeFileSync(join(cwd, 'odd.env'), 'A=1\nNOT VALID\n1A=secret\n=secret\nB="open\nC=3\n');
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    expect(readVariables({ ...nothing, envFiles: ['odd.env'], warn })).toEqual({
      A: '1',
      B: '"open',
      C: '3',
    });
    expect(warnings).toEqual(
      [2, 3, 4, 5].map((line) => expect.stringContaining(`${join(cwd, 'odd.env')}:${line}: `) as string),
    );
    expect(warnings.join('')).not.toContain('secret');
  });
});

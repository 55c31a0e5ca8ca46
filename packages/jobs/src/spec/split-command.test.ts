import { describe, expect, it } from 'vitest';

import { splitCommand } from './split-command.ts';

describe('splitCommand', () => {
  it.each([
    ['node job.js', ['node', 'job.js']],
    ['a "b c" d', ['a', 'b c', 'd']],
    [`a --x="b c" 'd e'f`, ['a', '--x=b c', 'd ef']],
    [`a 'it'\\''s'`, ['a', "it's"]],
    [`a "" ''`, ['a', '', '']],
    ['a b\\ c "x\\"y" "x\\ny"', ['a', 'b c', 'x"y', 'x\\ny']],
    ['  a\n\tb  ', ['a', 'b']],
    [
      'a $HOME `id` $(id) *.ts | b > c && d ; e # f',
      'a $HOME `id` $(id) *.ts | b > c && d ; e # f'.split(' '),
    ],
    ['é "ü ö"', ['é', 'ü ö']],
    ['', []],
  ])('splits %s', (command, words) => {
    expect(splitCommand(command)).toEqual(words);
  });

  it.each([
    ['a "b', /a quote is never closed/],
    ["a 'b", /a quote is never closed/],
    ['a \\', /ends with a backslash/],
  ])('refuses %s', (command, message) => {
    expect(() => splitCommand(command)).toThrow(message);
  });
});

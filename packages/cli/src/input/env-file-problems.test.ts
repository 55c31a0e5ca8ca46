import { describe, expect, it } from 'vitest';

import { findEnvFileProblems } from './env-file-problems.ts';

const places = (text: string): string[] =>
  findEnvFileProblems(text).map(({ line, problem }) => `${line} ${problem.slice(0, 10)}`);

describe('findEnvFileProblems', () => {
  it.each([
    ['A=1\n\n# a comment = none\n  export B = two words  \nC=\nmy.name-x="q" # why\n'],
    ['A="one\nNOT VALID\n=x"\nB=`a\nb`\r\nC=\'x\''],
    [''],
  ])('finds nothing in %j', (text) => {
    expect(places(text)).toEqual([]);
  });

  it.each([
    ['A=1\nNOT VALID\nB=2', ['2 expected N']],
    ['=secret', ['1 a name sta']],
    ['\r\n1A=secret', ['2 a name sta']],
    ['A B=secret', ['1 a name sta']],
    ['A=1\nB="secret\nC=3', ['2 the quote ']],
    ['A="x\ny"\nnope', ['3 expected N']],
  ])('says where and what in %j, never the value', (text, expected) => {
    expect(places(text)).toEqual(expected);
    expect(JSON.stringify(findEnvFileProblems(text))).not.toContain('secret');
  });
});

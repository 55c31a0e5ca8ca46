import { describe, expect, it } from 'vitest';

import { createLineSplitter } from './line-splitter.ts';
import { createSecretMask } from './secret-mask.ts';

function masked(secrets: readonly string[], chunks: readonly string[], maxLineBytes?: number): string {
  let text = '';
  const splitter = createLineSplitter({
    mask: createSecretMask(secrets),
    ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
    onLines: (bytes, _, partial) => {
      const lines = Buffer.from(bytes).toString();
      text += partial ? lines.slice(0, -1) : lines;
    },
  });
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return text;
}

describe('createSecretMask', () => {
  it('overwrites every occurrence, byte by byte', () => {
    expect(masked(['s3cret'], ['a s3cret, a s3crets3cret\n'])).toBe('a ******, a ************\n');
    expect(masked(['gehëim'], ['x gehëim y\n'])).toBe('x ******* y\n');
  });

  it('overwrites the longer of two first', () => {
    expect(masked(['token', 'token-123'], ['token-123 token\n'])).toBe('********* *****\n');
  });

  it('overwrites each line of a value of several lines', () => {
    const key = '-----BEGIN KEY-----\nMIIEabc=\n-----END KEY-----\n';
    expect(masked([key], [key])).toBe(key.replaceAll(/[^\n]/g, '*'));
  });

  it('leaves values alone that are too short to be secret', () => {
    expect(masked(['', 'abc', ' \n '], ['abc  \n'])).toBe('abc  \n');
  });

  it('finds a secret wherever the output is cut, also in a line that is passed on in parts', () => {
    const secret = 'correct-horse';
    for (let before = 0; before < 40; before += 1) {
      const line = `${'x'.repeat(before)}${secret}${'y'.repeat(40)}`;
      for (const limit of [8, 16, 20, 1000]) {
        expect(masked([secret], [...line, '\n'], limit)).toBe(`${line.replace(secret, '*'.repeat(13))}\n`);
        expect(masked([secret], [line], limit)).toBe(`${line.replace(secret, '*'.repeat(13))}\n`);
      }
    }
  });
});

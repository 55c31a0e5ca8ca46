import { createReadStream } from 'node:fs';

import { filler, lineBytes, numberDigits } from './print-lines.ts';

export interface CountedLines {
  /** Not there whole. */
  lost: number;
  doubled: number;
  /** Not what any whole line looks like. */
  torn: number;
}

const textLength = lineBytes - 1;

/** Looks for lines 0 to `count` in log files; `prefix` is what a logger may put before a line. */
export async function countLines(
  files: readonly string[],
  count: number,
  prefix: RegExp,
): Promise<CountedLines> {
  const seen = new Uint8Array(count);
  let doubled = 0;
  let torn = 0;

  const take = (line: string): void => {
    const number = Number(line.slice(-textLength, -filler.length));
    const head = line.slice(0, -textLength);
    if (
      line.length < textLength ||
      !line.endsWith(filler) ||
      !Number.isInteger(number) ||
      !prefix.test(head)
    ) {
      torn += 1;
    } else if (number < count) {
      if (seen[number] === 1) doubled += 1;
      seen[number] = 1;
    }
  };

  for (const file of files) {
    let carry = '';
    for await (const chunk of createReadStream(file, {
      encoding: 'latin1',
      highWaterMark: 4 * 1024 * 1024,
    })) {
      const lines = `${carry}${chunk as string}`.split('\n');
      carry = lines.pop() ?? '';
      for (const line of lines) take(line);
    }
    if (carry !== '') take(carry);
  }
  return { lost: seen.reduce((missing, found) => missing + 1 - found, 0), doubled, torn };
}

if (numberDigits + filler.length !== textLength) throw new Error('lines have another length than they say');

import { numberInTag } from './cri-line.ts';

const newline = 0x0a;

/** Where the lines of a segment are, and their numbers. Finding them decodes nothing. */
export interface LineIndex {
  starts: readonly number[];
  numbers: readonly number[];
  /** Length up to the last line ending; more is a line that was torn when the machine died. */
  length: number;
  /** Number of the line that would follow. */
  next: number;
}

export function indexLines(bytes: Buffer, first: number): LineIndex {
  const starts: number[] = [];
  const numbers: number[] = [];
  let start = 0;
  let next = first;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, start)) {
    const number = numberInTag(bytes, start) ?? next;
    starts.push(start);
    numbers.push(number);
    next = number + 1;
    start = at + 1;
  }
  return { starts, numbers, length: start, next };
}

import { closeSync, openSync, writeSync } from 'node:fs';

/** The lines that are printed: their number, then always the same, 100 bytes with the line ending. */
export const lineBytes = 100;
export const numberDigits = 10;
export const filler: string = ` ${'abcdefghijklmnopqrstuvwxyz'.repeat(4).slice(0, lineBytes - numberDigits - 2)}`;

const linesAtOnce = 10_000;

/** Writes a file of lines numbered from `first`. */
export function writeLines(file: string, first: number, count: number): void {
  const fd = openSync(file, 'w');
  for (let done = 0; done < count; done += linesAtOnce) {
    const numbers = Array.from({ length: Math.min(linesAtOnce, count - done) }, (_, at) => first + done + at);
    writeSync(
      fd,
      numbers.map((number) => `${String(number).padStart(numberDigits, '0')}${filler}\n`).join(''),
    );
  }
  closeSync(fd);
}

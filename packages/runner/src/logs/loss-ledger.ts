import type { Loss } from './loss-notice.ts';

/** Which lines a sink lost, so that none is counted twice. */
export interface LossLedger {
  add(loss: Loss): void;
  /** Lines that were ever lost. */
  total(): number;
  /** The highest number of a lost line, 0 without one. */
  last(): number;
  /** Lost lines with a number above this one. */
  after(line: number): number;
  /** Nobody will ask for lines up to this one any more. */
  forget(line: number): void;
}

export function createLossLedger(): LossLedger {
  let ranges: { first: number; last: number }[] = [];
  let total = 0;
  let last = 0;
  return {
    add(loss) {
      const first = loss.last - loss.count + 1;
      const newest = ranges.at(-1);
      if (newest?.last === first - 1) newest.last = loss.last;
      else ranges.push({ first, last: loss.last });
      total += loss.count;
      last = Math.max(last, loss.last);
    },
    total: () => total,
    last: () => last,
    after: (line) =>
      ranges.reduce((sum, range) => sum + Math.max(0, range.last - Math.max(range.first - 1, line)), 0),
    forget(line) {
      if (ranges.some((range) => range.last <= line)) ranges = ranges.filter((range) => range.last > line);
    },
  };
}

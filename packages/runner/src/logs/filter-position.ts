/** How far a sink is that gets some of the lines only: those that it is not given need not be kept for it. */
export interface FilterPosition {
  /** Nothing up to this line is on its way any more, but what is being written. */
  skipTo(line: number): void;
  /** A write begins whose last line is this. */
  writing(line: number): void;
  /** Number of the last line that need not be written again, where the sink itself keeps its lines up to this one. */
  of(kept: number): number;
}

/** A sink that is further behind than so many writes gets its progress counted in larger steps. */
const maxMarks = 1024;

export function createFilterPosition(): FilterPosition {
  /** Once the sink keeps `written`, everything up to `passed` is done. */
  const marks: { written: number; passed: number }[] = [];
  let done = 0;
  return {
    skipTo(line) {
      const last = marks.at(-1);
      if (last) last.passed = Math.max(last.passed, line);
      else done = Math.max(done, line);
    },
    writing(line) {
      const last = marks.at(-1);
      if (!last || marks.length < maxMarks) marks.push({ written: line, passed: line });
      else Object.assign(last, { written: line, passed: line });
    },
    of(kept) {
      for (let first = marks[0]; first && first.written <= kept; first = marks[0]) {
        done = Math.max(done, first.passed);
        marks.shift();
      }
      return Math.max(done, kept);
    },
  };
}

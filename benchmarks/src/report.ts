export interface BenchRow {
  contestant: string;
  [figure: string]: string | number;
}

export interface BenchGoal {
  name: string;
  value: number;
  /** Met when `value <= limit`. */
  limit: number;
}

export interface BenchResult {
  bench: string;
  rows: readonly BenchRow[];
  goals: readonly BenchGoal[];
  /** Contestants that are not installed here, named so that nobody misses them. */
  missing: readonly string[];
}

/** A table for people, then one last line of JSON for programs. */
export function report({ bench, rows, goals, missing }: BenchResult): void {
  console.table(Object.fromEntries(rows.map(({ contestant, ...figures }) => [contestant, figures])));
  for (const name of missing) console.log(`left out, not installed: ${name}`);
  for (const { name, value, limit } of goals) {
    console.log(`${value <= limit ? 'met   ' : 'missed'} ${name}: ${value} (limit ${limit})`);
  }
  console.log(JSON.stringify({ bench, node: process.version, rows, goals }));
}

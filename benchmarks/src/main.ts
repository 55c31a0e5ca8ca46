import { ready } from './ready.ts';
import { report } from './report.ts';
import type { BenchResult } from './report.ts';

const benches: Record<string, () => Promise<BenchResult>> = { ready };

const name = process.argv[2] ?? '';
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench) {
  report(await bench());
} else {
  console.error(`Which benchmark? pnpm bench <name>, one of: ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
}

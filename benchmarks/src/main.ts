import { buildCache } from './build-cache.ts';
import { jobs } from './jobs.ts';
import { logs } from './logs.ts';
import { memory } from './memory.ts';
import { proxy } from './proxy.ts';
import { ready } from './ready.ts';
import { recover } from './recover.ts';
import { redeploy } from './redeploy.ts';
import { report } from './report.ts';
import type { BenchResult } from './report.ts';
import { restart } from './restart.ts';
import { stop } from './stop.ts';
import { usage } from './usage.ts';
import { wake } from './wake.ts';

const benches: Record<string, (runs?: number) => Promise<BenchResult>> = {
  'build-cache': buildCache,
  jobs,
  logs,
  memory,
  proxy,
  ready,
  recover,
  redeploy,
  restart,
  stop,
  usage,
  wake,
};

// What is cleaned up at the exit is so at a signal, too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const name = process.argv[2] ?? '';
const runs = process.argv[3] === undefined ? undefined : Number(process.argv[3]);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench && (runs === undefined || runs >= 1)) {
  report(await bench(runs));
  // PM2's client may go on asking for its daemon.
  process.exit();
} else {
  console.error(`Which benchmark? pnpm bench <name> [runs], one of: ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
}

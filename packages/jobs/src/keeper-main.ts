import { keepRuns } from './local/keep-runs.ts';
import type { LocalJobsOptions } from './local/local-options.ts';

// Started by the `sh` of a process that is gone, see `keeper-watch.ts`.
await keepRuns(JSON.parse(process.argv[2] ?? '{}') as LocalJobsOptions);
process.exit();

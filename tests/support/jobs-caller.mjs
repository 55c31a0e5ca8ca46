// A caller of jobs that tests kill: `node jobs-caller.mjs '{ options, spec, runs, background, waitFor, gate, leave }'`. Prints a line for each
// handle and each result.
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { createJobs } from '@project-runner/jobs';

const { options, spec, runs, background = false, waitFor, gate, leave } = JSON.parse(process.argv[2]);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const jobs = createJobs(options);
const context = await jobs.createContext(spec);
say({ ready: true });
if (gate) for (; !existsSync(gate);) await delay(1);
await Promise.all(
  runs.map(async (run) => {
    if (background) say({ handle: await jobs.executeBackground(context, run) });
    else say({ result: await jobs.execute(context, run) });
  }),
);
if (waitFor) say({ result: await jobs.wait(waitFor) });
// What runs have brought with them is removed by then.
if (!background && !leave) await jobs.close();
// One that leaves does not wait for what is in the background.
process.exit();

// A caller of jobs that tests kill: `node jobs-caller.mjs '{ options, spec, runs, background }'`. Prints a line for each
// handle and each result.
import { createJobs } from '@project-runner/jobs';

const { options, spec, runs, background = false } = JSON.parse(process.argv[2]);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const jobs = createJobs(options);
const context = await jobs.createContext(spec);
say({ ready: true });
await Promise.all(
  runs.map(async (run) => {
    if (background) say({ handle: await jobs.executeBackground(context, run) });
    else say({ result: await jobs.execute(context, run) });
  }),
);
// One that leaves does not wait for what is in the background.
process.exit();

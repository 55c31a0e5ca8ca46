import { isOfRunner } from './rule.ts';
import type { Rule } from './rule.ts';

export const framework: readonly Rule[] = [
  { text: 'Pure and synchronous.', checks: ['pure: the same question gets the same answer'] },
  {
    text: '`detect`: `specific` for a project of this framework, `fallback` when it would do.',
    checks: ['detect: answers null for an empty folder', 'detect: knows its project and says why'],
  },
  {
    text: '`build`, `output` (inside of the project, there after a build), `start` (never through a package manager; the entry absolute where `cwd` is `data`), `env` (the port as a string).',
    checks: [
      'build: names a script, a command or nothing',
      'output: is inside of the project and is there after a build',
      'start: answers a program and arguments',
      'start: never goes through a package manager',
      'start: names the working folder, and from the data folder the entry by its absolute path',
      'env: tells the port, as a string',
    ],
  },
  {
    text: 'Optional `copies`: what the server looks for in another place than the build left it in, as `{ from, to }` inside of the project; each `from` is there.',
    checks: ['copies: takes what is there after a build to other places of the project'],
  },
  { text: 'The runner copies, so a plugin never writes a file.', unproved: isOfRunner },
  {
    text: '`build` may tell of a `nestedInstall`: the build itself installs in a folder that it writes. `dir` is inside of the project, `adds` are names in that folder, `skipEnv` makes the build leave the install out.',
    checks: ['nestedInstall: names a folder of the project, what is added there and how it is left out'],
  },
  {
    text: 'The runner then takes it from an earlier build whose dependencies and whose package.json in that folder were the same.',
    unproved: isOfRunner,
  },
  {
    text: '`readyMessage`: `null` for messages that mean something else.',
    checks: ['readyMessage: messages that mean something else are null'],
  },
  {
    text: '`drainSeconds`: at most 28.',
    checks: ['drainSeconds: is within the 30 s that a stop may take'],
  },
  { text: 'Optional `healthPath`: starts with a slash.', checks: ['healthPath: starts with a slash'] },
  {
    text: "A build whose result is no server (a static site, another platform's function): throw `OUTPUT_MISSING` from `output`, with the file that is missing, what is there instead, and the setting to change as `hint`.",
    checks: ['output: a build that is no server is OUTPUT_MISSING, with a hint'],
  },
];

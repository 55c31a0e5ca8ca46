import type { Rule } from './rule.ts';

export const packageManager: readonly Rule[] = [
  {
    text: 'Pure and synchronous; the runner walks the folders, ranks, runs and times out.',
    checks: ['pure: the same question gets the same answer'],
  },
  {
    text: '`detect(directory)`: `null` without evidence; a declaration of another manager is none of your business, nor does it hide your lockfile.',
    checks: [
      'detect: answers null for an empty folder',
      'detect: finds its lockfile and names it',
      'detect: a declaration of another manager is none of its business',
    ],
  },
  {
    text: 'Name the lockfile even when a declaration is stronger.',
    checks: ['detect: a declaration is stronger and keeps the lockfile'],
  },
  {
    text: '`install(options)`: a program and its arguments, never a shell line.',
    checks: ['install: answers a program and arguments for every option'],
  },
  { text: 'With `frozen`, exactly the lockfile;', checks: ['install: frozen differs from not frozen'] },
  {
    text: 'with `fresh` the registry is asked, whatever is cached (after `explainFailure` has said `stale-cache`).',
    unproved: 'Which word of a manager does that, and whether it needs one, only the manager itself shows',
  },
  {
    text: 'Always with devDependencies; without `allowScripts` no install scripts of dependencies.',
    checks: ['install: never without devDependencies', 'install: allowScripts decides about install scripts'],
  },
  {
    text: 'Settings that a nested install needs, too, go into `env`.',
    unproved: 'Which settings those are is up to the manager',
  },
  {
    text: '`run(script, args)`: the command that runs a script.',
    checks: ['run: answers a program and arguments that name the script'],
  },
  {
    text: 'Optional: `workspacePatterns`, `toleratesMissingMembers` (a frozen install works in a workspace that lacks members which nobody needs), `explainFailure` (a stale lockfile and the command that mends it), `skippedScripts` (not asked after an install with `--ignore-scripts`, whose packages the runner names); each answers `null` (an empty list) where it has nothing to say.',
    checks: [
      'workspacePatterns: null for a folder that is no root of a workspace',
      'toleratesMissingMembers: true or false',
      'explainFailure: null for words it does not know',
      'skippedScripts: empty where nothing was skipped',
    ],
  },
  {
    text: '`version()`: the command that prints the version, where that is not the program of `run` with `--version`.',
    checks: ['version: answers a program and arguments'],
  },
];

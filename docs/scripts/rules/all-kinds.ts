import { isOfRunner } from './rule.ts';
import type { Rule } from './rule.ts';

export const allKinds: readonly Rule[] = [
  {
    text: 'The factory answers a new, valid plugin, a plain object, at each call; no work happens before a method is called.',
    checks: [
      'factory: answers a valid plugin of its kind',
      'factory: answers a plain object',
      'factory: answers a new object at each call, so that two runners never share one',
      'factory: does no work before a method is called',
    ],
  },
  {
    text: 'Methods do not use `this` and do not change their arguments.',
    checks: ['factory: methods work without `this`', 'factory: methods do not change their arguments'],
  },
  {
    text: 'The name is part of the key `kind:name`: with the name of a plugin of the preset yours takes its slot. Throw what you like: the runner names you in the failure and keeps the cause. A `ProjectRunnerError` passes as it is.',
    unproved: isOfRunner,
  },
  {
    text: 'What a plugin does not do, or cannot on a platform, its suite is told by options, and fails where that is not true; only into `unwritable: null` of a log sink it cannot look.',
    checks: [
      'http: is declared where the probe speaks it',
      'socketPath: is declared where the probe asks it',
      'read: is there exactly when it is declared',
      'unwritable: is given, or null of a sink that cannot know',
      'noServer: is given, or null where every build is a server',
      'hold: a strategy that has it says whether it holds sockets here',
      'adopt: a launcher that has it says whether it is durable',
      'wholeTree: is false only where stop overlooks processes of the tree',
      'treeUsage: is false only where usage overlooks processes of the tree',
      'durable: is false only where no process outlives its handle',
    ],
  },
];

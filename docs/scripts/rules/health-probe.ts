import { isOfRunner } from './rule.ts';
import type { Rule } from './rule.ts';

export const healthProbe: readonly Rule[] = [
  {
    text: '`check(target, signal)` looks once, at the path of the target.',
    checks: [
      'check: a server that is well is healthy',
      'check: asks for the path of the target, or its own, once',
    ],
  },
  {
    text: 'A refusal, a hang and a wrong answer are `{ healthy: false, message }`, never exceptions.',
    checks: [
      'check: a refusal is an answer, not an exception',
      'check: settles soon after the signal aborts, without an exception',
      'check: status 500 is unhealthy and is named',
      'check: a connection that ends without an answer is unhealthy',
      'check: a path that is not there is unhealthy',
      'check: a server that is not well is unhealthy',
    ],
  },
  {
    text: 'Settle soon after `signal` aborts, and leave no connection open that would hold up a drain;',
    checks: [
      'check: settles soon after the signal aborts, without an exception',
      'check: settles at once with a signal that has aborted, without an exception',
      'check: leaves no connection open that would hold up a drain',
    ],
  },
  {
    text: 'nor one to a server that accepts it and says nothing, which is what a probe has to expect.',
    checks: ['check: leaves no connection open to a server that says nothing'],
  },
  {
    text: '`path` is that of a request: `connect({ ...target })` of `node:net` would take it for a unix socket.',
    checks: ['check: a server that is well is healthy'],
  },
  {
    text: 'With `socketPath` ask that unix socket in place of the port, which other servers may share.',
    checks: [
      'socketPath: is asked in place of the port',
      'socketPath: a server that is not there yet is unhealthy, whoever answers on the port',
    ],
  },
  {
    text: "It is not given for a server that was ready already and whose socket's file is gone.",
    unproved: isOfRunner,
  },
  {
    text: 'With `optionalPath` the path of the target is a guess: "no such path" is well, but not of a path of your own.',
    checks: ['check: with optionalPath "no such path" is well, but not of a path of its own'],
  },
  {
    text: "Optional `path`: what it asks in the place of the target's path, where it has one of its own and speaks HTTP.",
    checks: [
      'check: asks for the path of the target, or its own, once',
      'http: is declared where the probe speaks it',
    ],
  },
  {
    text: 'It is shown (`project-runner inspect`) and asked for by `up --once`; the runner itself decides nothing by it.',
    unproved: isOfRunner,
  },
  {
    text: 'Optional `roles`: `startup`, `readiness`, `liveness`, one or more; without it all three.',
    checks: ['factory: answers a valid plugin of its kind'],
  },
  {
    text: 'Leave the choice to the host where you can: an option, or its `wrap`.',
    unproved: 'Advice: options of a factory are its own',
  },
];

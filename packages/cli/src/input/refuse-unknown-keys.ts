import { ProjectRunnerError } from '@project-runner/core';
import { resolveConfig } from '@project-runner/runner';

import { closest } from './closest.ts';

/** @throws ProjectRunnerError `CONFIG_INVALID` with the key that was probably meant */
export function refuseUnknownKeys(config: object): void {
  const unknown = Object.keys(config).find((key) => !isKnown(key));
  if (unknown === undefined) return;
  // All that the runner resolves, and what it reads as it is.
  const names = [
    ...Object.keys(resolveConfig()).filter((key) => isKnown(key)),
    'plugins',
    'without',
    'order',
  ];
  const meant = closest(unknown, names);
  throw new ProjectRunnerError(
    'CONFIG_INVALID',
    `unknown key ${JSON.stringify(unknown)}${meant ? `, did you mean ${JSON.stringify(meant)}?` : ''}`,
    { hint: `The keys are ${names.join(', ')}` },
  );
}

/** The runner refuses a key that it does not know even where it has no value, so its list need not be kept twice. */
function isKnown(key: string): boolean {
  try {
    resolveConfig({ [key]: undefined });
    return true;
  } catch {
    return false;
  }
}

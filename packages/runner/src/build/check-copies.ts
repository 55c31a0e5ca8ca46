import { pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { FrameworkPlugin, OutputCopy } from '@project-runner/core';

import { catchLater } from '../catch-later.ts';
import { isPathInside } from './is-path-inside.ts';

/** Looks at what a framework answered as copies. @throws ProjectRunnerError `PLUGIN_INVALID` with the plugin's key */
export function checkCopies(framework: FrameworkPlugin, answer: unknown): readonly OutputCopy[] {
  const problem = problemOf(answer);
  if (problem === null) return answer as readonly OutputCopy[];
  // The answer of an async method, which nobody else will ever look at.
  catchLater(answer, () => {});
  const key = pluginKey(framework);
  throw new ProjectRunnerError(
    'PLUGIN_INVALID',
    `[${key}] copies must answer a list of { from, to }, paths inside of the project: ${problem}`,
    { plugin: key },
  );
}

function problemOf(answer: unknown): string | null {
  if (!Array.isArray(answer)) {
    return answer instanceof Promise
      ? 'found a promise; the method must be synchronous'
      : `found ${typeof answer}`;
  }
  for (const [at, item] of answer.entries()) {
    const { from, to } = (item ?? {}) as { from?: unknown; to?: unknown };
    for (const [name, path] of Object.entries({ from, to })) {
      if (!isPathInside(path)) return `[${at}].${name} is ${JSON.stringify(path) ?? typeof path}`;
    }
  }
  return null;
}

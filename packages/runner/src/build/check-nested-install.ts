import { pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { FrameworkPlugin, NestedInstall } from '@project-runner/core';

import { isPathInside } from './is-path-inside.ts';

/** Looks at what a framework answered as a nested install. @throws ProjectRunnerError `PLUGIN_INVALID` with the plugin's key */
export function checkNestedInstall(framework: FrameworkPlugin, answer: NestedInstall): NestedInstall {
  const problem = problemOf(answer);
  if (problem === null) return answer;
  const key = pluginKey(framework);
  throw new ProjectRunnerError(
    'PLUGIN_INVALID',
    `[${key}] build must answer nestedInstall as { dir, adds, skipEnv }: ${problem}`,
    { plugin: key },
  );
}

function problemOf(answer: unknown): string | null {
  const { dir, adds, skipEnv } = (answer ?? {}) as { dir?: unknown; adds?: unknown; skipEnv?: unknown };
  if (!isPathInside(dir)) return `dir must be a path inside of the project, found ${show(dir)}`;
  if (!Array.isArray(adds) || adds.length === 0 || !adds.every(isName)) {
    return `adds must be a list of names in that folder, found ${show(adds)}`;
  }
  const values = typeof skipEnv === 'object' && skipEnv !== null ? Object.values(skipEnv) : [];
  return values.length > 0 && values.every((value) => typeof value === 'string')
    ? null
    : `skipEnv must have variables as strings, found ${show(skipEnv)}`;
}

function isName(value: unknown): boolean {
  return isPathInside(value) && !/[/\\]/.test(String(value));
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? typeof value;
}

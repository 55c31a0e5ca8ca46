import { pluginKey, ProjectRunnerError } from '@project-runner/core';
import type { Command, Plugin } from '@project-runner/core';

import { catchLater } from '../catch-later.ts';

/** Looks at what a plugin answered as a command. @throws ProjectRunnerError `PLUGIN_INVALID` with the plugin's key */
export function checkCommand(plugin: Plugin, hook: string, answer: unknown): Command {
  const problem = problemOf(answer);
  if (problem === null) return answer as Command;
  // The answer of an async method, which nobody else will ever look at.
  catchLater(answer, () => {});
  const key = pluginKey(plugin);
  throw new ProjectRunnerError(
    'PLUGIN_INVALID',
    `[${key}] ${hook} must answer { file, args, env? }: ${problem}`,
    {
      plugin: key,
    },
  );
}

function problemOf(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null) return `found ${show(answer)}`;
  if (answer instanceof Promise) return 'found a promise; the method must be synchronous';
  const { file, args, env = {} } = answer as { file?: unknown; args?: unknown; env?: unknown };
  if (typeof file !== 'string' || file === '') return `file must name a program, found ${show(file)}`;
  if (!Array.isArray(args)) return `args must be an array, found ${show(args)}`;
  const wrong = args.findIndex((arg) => typeof arg !== 'string');
  if (wrong >= 0) return `args[${wrong}] must be a string, found ${show(args[wrong])}`;
  if (typeof env !== 'object' || env === null) return `env must be an object, found ${show(env)}`;
  const [name, value] = Object.entries(env).find(([, item]) => typeof item !== 'string') ?? [];
  return name === undefined ? null : `env.${name} must be a string, found ${show(value)}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

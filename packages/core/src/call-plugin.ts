import type { Plugin } from './plugin.ts';
import { pluginKey } from './plugin.ts';
import { ProjectRunnerError } from './project-runner-error.ts';

/**
 * Calls a method of a plugin so that its failure names it. A `ProjectRunnerError` passes as it is; anything else
 * becomes `PLUGIN_FAILED` with the original as `cause`.
 */
export function callPlugin<T>(plugin: Plugin, hook: string, call: () => T): T {
  try {
    const result = call();
    if (result instanceof Promise) {
      return result.catch((error: unknown) => {
        throw pluginFailure(plugin, hook, error);
      }) as T;
    }
    return result;
  } catch (error) {
    throw pluginFailure(plugin, hook, error);
  }
}

function pluginFailure(plugin: Plugin, hook: string, cause: unknown): ProjectRunnerError {
  if (ProjectRunnerError.is(cause)) return cause;
  const key = pluginKey(plugin);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProjectRunnerError('PLUGIN_FAILED', `[${key}] ${hook} failed: ${reason}`, {
    plugin: key,
    cause,
  });
}

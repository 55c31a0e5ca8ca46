import { pluginKey, ProjectRunnerError, validatePlugin } from '@project-runner/core';
import type { Plugin, PluginKind, PluginOfKind } from '@project-runner/core';

import { catchLater } from './catch-later.ts';
import { wrong } from './check-value.ts';

/** By the key of a plugin, what makes another one of it that has its slot: `{ 'log-sink:file': (inner) => … }`. */
export type PluginWrappers = {
  readonly [Kind in PluginKind as `${Kind}:${string}`]?: (inner: PluginOfKind<Kind>) => PluginOfKind<Kind>;
};

/** The plugin as its wrapper makes it, itself where it has none. @throws ProjectRunnerError `CONFIG_INVALID`, `PLUGIN_INVALID` */
export function wrapPlugin(plugin: Plugin, wrappers: PluginWrappers): Plugin {
  const key = pluginKey(plugin);
  if (!Object.hasOwn(wrappers, key)) return plugin;
  const make: unknown = wrappers[key];
  if (typeof make !== 'function') throw wrong(`wrap["${key}"]`, make, 'a function of the plugin');
  const own = validAnswer(
    key,
    answerOf(key, () => (make as (inner: Plugin) => unknown)(plugin)),
  );
  if (pluginKey(own) === key) return own;
  throw new ProjectRunnerError('PLUGIN_INVALID', `wrap["${key}"] answered the plugin ${pluginKey(own)}`, {
    plugin: key,
    hint: `Answer one of kind and name ${key}; another plugin belongs into plugins`,
  });
}

/** A wrapper is code of the configuration: what it throws is the configuration's, not the plugin's. */
function answerOf(key: string, make: () => unknown): unknown {
  try {
    const answer = make();
    // It is refused, whatever becomes of it.
    catchLater(answer, () => undefined);
    return answer;
  } catch (cause) {
    if (ProjectRunnerError.is(cause) && cause.code !== 'PLUGIN_FAILED') throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProjectRunnerError('CONFIG_INVALID', `wrap["${key}"] failed: ${reason}`, {
      plugin: key,
      cause,
      hint: 'Mend the function; it is called with the plugin when a runner is made',
    });
  }
}

function validAnswer(key: string, answer: unknown): Plugin {
  try {
    return validatePlugin(answer);
  } catch (cause) {
    if (!ProjectRunnerError.is(cause)) throw cause;
    throw new ProjectRunnerError('PLUGIN_INVALID', `wrap["${key}"] must answer a plugin: ${cause.message}`, {
      plugin: key,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      cause,
    });
  }
}

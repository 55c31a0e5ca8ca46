import { callPlugin, pluginKey, PluginSet, ProjectRunnerError, validatePlugin } from '@project-runner/core';
import type { Plugin, PluginKind, PluginOfKind } from '@project-runner/core';

import { expectObject, wrong } from './check-value.ts';
import type { RunnerConfig } from './config.ts';
import { defaultPlugins } from './default-plugins.ts';

/** By the key of a plugin, what makes another one of it that has its slot: `{ 'log-sink:file': (inner) => … }`. */
export type PluginWrappers = {
  readonly [Kind in PluginKind as `${Kind}:${string}`]?: (inner: PluginOfKind<Kind>) => PluginOfKind<Kind>;
};

/**
 * The plugins of a configuration: the preset, `plugins` merged over it, without those of `without`, each wrapped as `wrap`
 * says, in the `order` that is wanted.
 * @throws ProjectRunnerError `CONFIG_INVALID`, `PLUGIN_INVALID`, `PLUGIN_DUPLICATE`, `PLUGIN_MISSING`, `PLUGIN_FAILED`
 */
export function composePlugins(config: RunnerConfig = {}): PluginSet {
  const { plugins, without = [], wrap = {}, order = [] } = config;
  expectKeys('without', without);
  expectKeys('order', order);
  expectObject('wrap', wrap);
  const merged = PluginSet.from(defaultPlugins(config), plugins).without(without);
  return PluginSet.from(merged.list(), wrapped(merged, wrap)).reorder(order);
}

function wrapped(plugins: PluginSet, wrappers: PluginWrappers): Plugin[] {
  return Object.entries(wrappers).map(([key, make]: [string, unknown]) => {
    const plugin = plugins.get(key as `${PluginKind}:${string}`);
    if (typeof make !== 'function') throw wrong(`wrap["${key}"]`, make, 'a function of the plugin');
    const own = validatePlugin(callPlugin(plugin, 'wrap', (): unknown => make(plugin)));
    if (pluginKey(own) === key) return own;
    throw new ProjectRunnerError('PLUGIN_INVALID', `wrap["${key}"] answered the plugin ${pluginKey(own)}`, {
      plugin: key,
      hint: `Answer one of kind and name ${key}; another plugin belongs into plugins`,
    });
  });
}

function expectKeys(key: 'without' | 'order', value: unknown): void {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return;
  throw wrong(key, value, "a list of plugin keys, such as ['log-sink:file']");
}

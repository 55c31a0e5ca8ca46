import { PluginSet } from '@project-runner/core';
import type { PluginKind } from '@project-runner/core';

import { wrong } from './check-value.ts';
import type { RunnerConfig } from './config.ts';
import { defaultPlugins } from './default-plugins.ts';
import { resolveConfig } from './resolve-config.ts';
import { wrapPlugin } from './wrap-plugin.ts';

type AnyKey = `${PluginKind}:${string}`;

/**
 * The plugins of a configuration: the preset, `plugins` merged over it, without those of `without`, each wrapped as `wrap`
 * says, in the `order` that is wanted.
 * @throws ProjectRunnerError `CONFIG_INVALID`, `PLUGIN_INVALID`, `PLUGIN_DUPLICATE`, `PLUGIN_MISSING`, `PLUGIN_FAILED`
 */
export function composePlugins(config: RunnerConfig = {}): PluginSet {
  const { plugins, without = [], order = [] } = config;
  const { wrap, projectOptions } = resolveConfig(config);
  expectKeys('without', without);
  expectKeys('order', order);
  const merged = PluginSet.from(defaultPlugins(config), plugins).without(without);
  const wrapped = Object.keys(wrap).map((key) => wrapPlugin(merged.get(key as AnyKey), wrap));
  const composed = PluginSet.from(merged.list(), wrapped).reorder(order);
  // Options of a plugin that nobody asks would be let through for nothing.
  for (const { key } of projectOptions) composed.get(key);
  return composed;
}

function expectKeys(key: 'without' | 'order', value: unknown): void {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return;
  throw wrong(key, value, "a list of plugin keys, such as ['log-sink:file']");
}

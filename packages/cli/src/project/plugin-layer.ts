import { pluginKey } from '@project-runner/core';
import type { Plugin, PluginLayer } from '@project-runner/core';

export function flattenLayer(layer: PluginLayer): Plugin[] {
  return ([layer] as unknown[]).flat(Infinity).filter(Boolean) as Plugin[];
}

/** The layer with these in the places of their keys; a key may be in a layer only once. */
export function withReplaced(layer: PluginLayer, plugins: readonly Plugin[]): Plugin[] {
  const keys = new Set(plugins.map((plugin) => pluginKey(plugin)));
  return [...flattenLayer(layer).filter((plugin) => !keys.has(pluginKey(plugin))), ...plugins];
}

import { PluginSet, ProjectRunnerError } from '@project-runner/core';
import type { PluginKey, PluginKind } from '@project-runner/core';

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
  const { wrap, projectOptions } = resolveConfig(config);
  const { plugins, without = [], order = [] } = config;
  expectKeys('without', without);
  expectKeys('order', order);
  const merged = PluginSet.from(defaultPlugins(config), plugins).without(without);
  expectThere(merged.keys(), Object.keys(wrap));
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

function expectThere(there: readonly PluginKey[], wrapped: readonly string[]): void {
  const absent = wrapped.find((key) => !there.includes(key as PluginKey));
  if (absent === undefined) return;
  throw new ProjectRunnerError(
    'PLUGIN_MISSING',
    `there is no plugin ${absent} to wrap; these are there: ${there.join(', ') || 'none'}`,
  );
}

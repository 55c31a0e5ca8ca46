import { PluginSet, ProjectRunnerError } from '@project-runner/core';
import type { PluginKind } from '@project-runner/core';

import { wrong } from './check-value.ts';
import type { ResolvedConfig, RunnerConfig } from './config.ts';
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
  expectHostOptions(config, projectOptions);
  const merged = PluginSet.from(defaultPlugins(config), plugins).without(without);
  expectThere(merged, Object.keys(wrap));
  const wrapped = Object.keys(wrap).map((key) => wrapPlugin(merged.get(key as AnyKey), wrap));
  const composed = PluginSet.from(merged.list(), wrapped).reorder(order);
  // Options of a plugin that nobody asks would be let through for nothing.
  for (const { key } of projectOptions) composed.get(key);
  return composed;
}

/** A project that sets one option must not shed, with the host's plugin, what the host has set. */
function expectHostOptions(config: RunnerConfig, allowed: ResolvedConfig['projectOptions']): void {
  const given = new Map<string, string>();
  if (config.healthCheck?.timeoutMs !== undefined) given.set('health-probe:http', 'healthCheck.timeoutMs');
  for (const key of PluginSet.from(config.plugins ?? []).keys()) given.set(key, 'plugins');
  for (const { key, hasHostOptions } of allowed) {
    const where = given.get(key);
    if (where === undefined || hasHostOptions) continue;
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `projectOptions: ${key} is set up by ${where}, which a project that sets an option of it would not get`,
      {
        plugin: key,
        hint: 'Give its options to allowOptions as the third argument, too; {} where it has none',
      },
    );
  }
}

function expectKeys(key: 'without' | 'order', value: unknown): void {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return;
  throw wrong(key, value, "a list of plugin keys, such as ['log-sink:file']");
}

function expectThere(plugins: PluginSet, wrapped: readonly string[]): void {
  const there: readonly string[] = plugins.keys();
  const absent = wrapped.find((key) => !there.includes(key));
  if (absent === undefined) return;
  throw new ProjectRunnerError('PLUGIN_MISSING', `there is no plugin ${absent} to wrap`, {
    hint: there.length === 0 ? 'There are no plugins' : `These are there: ${there.join(', ')}`,
  });
}

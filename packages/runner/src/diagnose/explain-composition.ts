import { pluginKey, PluginSet } from '@project-runner/core';
import type { Plugin, PluginKey, PluginKind } from '@project-runner/core';

import { composePlugins } from '../compose-plugins.ts';
import type { RunnerConfig } from '../config.ts';
import { defaultPlugins } from '../default-plugins.ts';
import { neededKinds } from '../require-plugins.ts';

/** How a plugin came to its place. */
export interface ComposedPlugin {
  key: PluginKey;
  kind: PluginKind;
  name: string;
  apiVersion: number;
  from: 'preset' | 'configuration';
  /** The configuration wraps it. */
  wrapped: boolean;
  /** In whose place it is used: of the preset's plugin of its key, or of all others of a kind of which one is used. */
  overrides: readonly PluginKey[];
  /** Which one is used in its place; `null`: it is used. */
  overriddenBy: PluginKey | null;
}

export interface Composition {
  /** In order. */
  plugins: readonly ComposedPlugin[];
  /** Taken out by `without`. */
  removed: readonly PluginKey[];
}

/** What overrides what among the plugins of a configuration. @throws as `composePlugins` */
export function explainComposition(config: RunnerConfig = {}): Composition {
  return describeComposition(config, composePlugins(config));
}

/** The same of plugins that were composed already: each look calls the wrappers of the configuration. */
export function describeComposition(config: RunnerConfig, composed: PluginSet): Composition {
  const preset = PluginSet.from(defaultPlugins(config)).keys();
  const given = PluginSet.from(config.plugins).keys();
  const used = new Map<PluginKind, PluginKey>(
    neededKinds.flatMap((kind) =>
      composed
        .all(kind)
        .slice(-1)
        .map((plugin) => [kind, pluginKey(plugin)] as const),
    ),
  );
  const explain = (plugin: Plugin): ComposedPlugin => {
    const { kind, name, apiVersion } = plugin;
    const key = pluginKey(plugin);
    const isUsed = !used.has(kind) || used.get(kind) === key;
    const others = used.get(kind) === key ? composed.all(kind).map((other) => pluginKey(other)) : [];
    const replaced = given.includes(key) && preset.includes(key) ? [key] : [];
    return {
      key,
      kind,
      name,
      apiVersion,
      from: given.includes(key) ? 'configuration' : 'preset',
      wrapped: config.wrap !== undefined && Object.hasOwn(config.wrap, key),
      overrides: [...replaced, ...others.filter((other) => other !== key)],
      overriddenBy: isUsed ? null : (used.get(kind) ?? null),
    };
  };
  return {
    plugins: composed.list().map(explain),
    removed: [...new Set([...preset, ...given])].filter((key) => !composed.keys().includes(key)),
  };
}

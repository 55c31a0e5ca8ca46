import type { Plugin, PluginKey, PluginKind, PluginLayer, PluginOfKind } from './plugin.ts';
import { pluginKey } from './plugin.ts';
import { ProjectRunnerError } from './project-runner-error.ts';
import { validatePlugin } from './validate-plugin.ts';

/** An ordered set of checked plugins. Immutable: every change answers a new set. */
export class PluginSet {
  readonly #plugins: ReadonlyMap<PluginKey, Plugin>;

  private constructor(plugins: ReadonlyMap<PluginKey, Plugin>) {
    this.#plugins = plugins;
  }

  /**
   * Merges layers by `kind:name`: a plugin of a later layer takes the slot of the earlier one of its key.
   * @throws ProjectRunnerError `PLUGIN_INVALID`, or `PLUGIN_DUPLICATE` for a key twice in one layer
   */
  static from(...layers: readonly PluginLayer[]): PluginSet {
    const merged = new Map<PluginKey, Plugin>();
    for (const layer of layers) {
      const seen = new Set<PluginKey>();
      for (const value of flatten(layer)) {
        const plugin = validatePlugin(value);
        const key = pluginKey(plugin);
        if (seen.has(key)) {
          throw new ProjectRunnerError('PLUGIN_DUPLICATE', `[${key}] is there twice in one list of plugins`, {
            plugin: key,
            hint: 'Remove one of them, or put the one that should win into a later layer',
          });
        }
        seen.add(key);
        merged.set(key, plugin);
      }
    }
    return new PluginSet(merged);
  }

  /** The set without these keys. @throws ProjectRunnerError `PLUGIN_MISSING` for a key that is not there */
  without(keys: readonly string[]): PluginSet {
    const rest = new Map(this.#plugins);
    for (const key of keys) {
      if (!rest.delete(key as PluginKey)) throw this.#missing(`there is no plugin ${key} to leave out`);
    }
    return new PluginSet(rest);
  }

  /**
   * The set in another order: these come first, as they stand here, the others keep theirs behind them.
   * @throws ProjectRunnerError `PLUGIN_MISSING` for a key that is not there, `PLUGIN_DUPLICATE` for one that is named twice
   */
  reorder(keys: readonly string[]): PluginSet {
    const rest = new Map(this.#plugins);
    const ordered = new Map<PluginKey, Plugin>();
    for (const key of keys as readonly PluginKey[]) {
      if (ordered.has(key)) {
        throw new ProjectRunnerError('PLUGIN_DUPLICATE', `[${key}] is named twice in one order of plugins`, {
          plugin: key,
          hint: 'Name it once, where it is to stand',
        });
      }
      const plugin = this.#plugins.get(key);
      if (!plugin) throw this.#missing(`there is no plugin ${key} to put into order`);
      ordered.set(key, plugin);
      rest.delete(key);
    }
    return new PluginSet(new Map([...ordered, ...rest]));
  }

  /** The plugin of a key: `get('log-sink:file')`. @throws ProjectRunnerError `PLUGIN_MISSING` */
  get<K extends PluginKind>(key: `${K}:${string}`): PluginOfKind<K> {
    const plugin = this.#plugins.get(key);
    if (!plugin) throw this.#missing(`there is no plugin ${key}`);
    return plugin as PluginOfKind<K>;
  }

  /** All plugins of a kind, in order. */
  all<K extends PluginKind>(kind: K): readonly PluginOfKind<K>[] {
    return [...this.#plugins.values()].filter((plugin): plugin is PluginOfKind<K> => plugin.kind === kind);
  }

  /** The plugin of a kind where one is needed: the last one given. @throws ProjectRunnerError `PLUGIN_MISSING` */
  one<K extends PluginKind>(kind: K): PluginOfKind<K> {
    const plugin = this.all(kind).at(-1);
    if (!plugin) throw this.#missing(`a ${kind} plugin is needed and none is there`);
    return plugin;
  }

  /** All plugins, in order. */
  list(): readonly Plugin[] {
    return [...this.#plugins.values()];
  }

  keys(): readonly PluginKey[] {
    return [...this.#plugins.keys()];
  }

  #missing(message: string): ProjectRunnerError {
    const there = this.keys();
    return new ProjectRunnerError('PLUGIN_MISSING', message, {
      hint: there.length === 0 ? 'There are no plugins' : `These are there: ${there.join(', ')}`,
    });
  }
}

function* flatten(layer: PluginLayer): Iterable<unknown> {
  if (!layer) return;
  if (Array.isArray(layer)) {
    for (const item of layer as readonly PluginLayer[]) yield* flatten(item);
    return;
  }
  yield layer;
}

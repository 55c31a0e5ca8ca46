import { callPlugin } from './call-plugin.ts';
import { pluginKey } from './plugin.ts';
import type { Plugin } from './plugin.ts';
import { ProjectRunnerError } from './project-runner-error.ts';
import { memberNames, validatePlugin } from './validate-plugin.ts';

/** What of a plugin may be put in the place of its own; `undefined` takes away what is optional. */
export type PluginOverrides<P extends Plugin> = P extends Plugin
  ? {
      readonly [Member in OverridableMember<P>]?:
        | P[Member]
        | (object extends Pick<P, Member> ? undefined : never);
    }
  : never;

type OverridableMember<P extends Plugin> = Exclude<keyof P, 'kind' | 'name' | 'apiVersion'>;

/** Finds typing errors in what a function answers, which TypeScript lets through by itself. */
type NothingElse<P extends Plugin, O> = {
  readonly [Member in Exclude<keyof O, OverridableMember<P>>]: never;
};

/**
 * A new plugin of the same kind and name, so of the same slot, with some members of its own. Methods of a class stay those
 * of the plugin that is wrapped, and do not see the overrides. What an override throws
 * is told under the plugin's name.
 *
 * ```ts
 * wrap(healthHttp(), (inner) => ({ check: (target, signal) => inner.check({ ...target, path: '/deep' }, signal) }));
 * ```
 * @throws ProjectRunnerError `PLUGIN_INVALID` for a member that the kind does not have, or of a wrong type;
 * `PLUGIN_FAILED` where the function throws
 */
export function wrap<P extends Plugin, const O extends PluginOverrides<P> & NothingElse<P, O>>(
  plugin: P,
  overrides: (inner: P) => O,
): P;
export function wrap<P extends Plugin>(plugin: P, overrides: PluginOverrides<P>): P;
export function wrap<P extends Plugin>(plugin: P, overrides: object | ((inner: P) => object)): P {
  validatePlugin(plugin);
  const own: unknown =
    typeof overrides === 'function' ? callPlugin(plugin, 'wrap', () => overrides(plugin)) : overrides;
  const key = pluginKey(plugin);
  if (typeof own !== 'object' || own === null || Array.isArray(own)) {
    throw invalid(
      key,
      `[${key}] overrides must be an object of members, found ${Array.isArray(own) ? 'a list' : String(own)}`,
    );
  }
  // What identifies it stays, so it is not among those.
  const { kind, name: _name, apiVersion: _apiVersion, ...members } = plugin;
  const known = [...new Set([...memberNames(kind), ...Object.keys(members)])];
  const unknown = Object.keys(own).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalid(key, `[${key}] ${unknown} cannot be overridden; its members are ${known.join(', ')}`);
  }
  // Defined, not assigned: what a class only has a getter for can be overridden, too.
  const described = Object.getOwnPropertyDescriptors({ ...plugin, ...own });
  return validatePlugin(Object.create(inheritedFrom(plugin), described)) as P;
}

/** What a plugin has of its class, called on the plugin itself: nothing else has its private fields. */
function inheritedFrom(plugin: object): object {
  const prototype = Object.getPrototypeOf(plugin) as object | null;
  // A plain object stays one.
  if (prototype === null || prototype === Object.prototype) return Object.prototype;
  const inherited = Object.create(prototype) as object;
  let from: object | null = prototype;
  while (from !== null && from !== Object.prototype) {
    for (const [name, found] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (name === 'constructor' || Object.hasOwn(inherited, name)) continue;
      Object.defineProperty(inherited, name, onto(plugin, found));
    }
    from = Object.getPrototypeOf(from) as object | null;
  }
  return inherited;
}

function onto(plugin: object, found: PropertyDescriptor): PropertyDescriptor {
  const { value, get } = found as { value?: unknown; get?: () => unknown };
  if (get) return { ...found, get: get.bind(plugin), ...(found.set ? { set: found.set.bind(plugin) } : {}) };
  return typeof value === 'function' ? { ...found, value: value.bind(plugin) as unknown } : found;
}

function invalid(plugin: string, message: string): ProjectRunnerError {
  return new ProjectRunnerError('PLUGIN_INVALID', message, { plugin });
}

import type { PluginKind } from './plugin.ts';
import { ProjectRunnerError } from './project-runner-error.ts';

/** The versions of a hook that plugins may be of. */
export interface HookVersions {
  /** What this core works with. */
  readonly current: number;
  /** By an older version, what makes a plugin of the next one of it. Where there is none, that version is not supported. */
  readonly adapters: Readonly<Record<number, (plugin: object) => object>>;
}

const first: HookVersions = { current: 1, adapters: {} };

export const hookVersions: Readonly<Record<PluginKind, HookVersions>> = {
  'package-manager': first,
  'health-probe': first,
  'log-sink': first,
  'port-strategy': first,
  framework: first,
  launcher: first,
};

/**
 * The plugin as one of the current version of its hook: itself, or adapted from an older one.
 * @throws ProjectRunnerError `PLUGIN_INVALID` for a version that is not supported: which, what is, and what to do
 */
export function adaptPlugin(
  plugin: { readonly kind: PluginKind; readonly name: string; readonly apiVersion?: unknown },
  { current, adapters }: HookVersions = hookVersions[plugin.kind],
): object {
  const { apiVersion } = plugin;
  if (apiVersion === current) return plugin;
  const key = `${plugin.kind}:${plugin.name}`;
  let oldest = current;
  while (adapters[oldest - 1]) oldest -= 1;
  if (!isVersion(apiVersion)) {
    const found = apiVersion === undefined ? 'none' : (JSON.stringify(apiVersion) ?? String(apiVersion));
    throw refused(
      key,
      `[${key}] must have an apiVersion, ${range(oldest, current)}; found ${found}`,
      `Write apiVersion: ${current}`,
    );
  }
  if (apiVersion < oldest || apiVersion > current) {
    throw refused(
      key,
      `[${key}] has apiVersion ${apiVersion}, this core supports ${range(oldest, current)} for ${plugin.kind} plugins`,
      apiVersion > current
        ? `Update @project-runner/core and what uses it, or use a release of the plugin for apiVersion ${current}`
        : `Update the plugin: a release of it for apiVersion ${current} is needed`,
    );
  }
  return adaptFrom(plugin, apiVersion, { current, adapters }, key);
}

function adaptFrom(plugin: object, from: number, { current, adapters }: HookVersions, key: string): object {
  let adapted = plugin;
  for (let version = from; version < current; version += 1) {
    try {
      // Whatever it does, the plugin keeps its slot.
      adapted = { ...adapters[version]?.(adapted), ...identity(plugin), apiVersion: version + 1 };
    } catch (cause) {
      const message = `[${key}] cannot be adapted from apiVersion ${version} to ${version + 1}`;
      throw new ProjectRunnerError('PLUGIN_INVALID', message, {
        plugin: key,
        cause,
        hint: 'Update the plugin',
      });
    }
  }
  return adapted;
}

function identity(plugin: { kind?: unknown; name?: unknown }): object {
  return { kind: plugin.kind, name: plugin.name };
}

function isVersion(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

function range(oldest: number, current: number): string {
  return oldest === current ? String(current) : `${oldest} to ${current}`;
}

function refused(plugin: string, message: string, hint: string): ProjectRunnerError {
  return new ProjectRunnerError('PLUGIN_INVALID', message, { plugin, hint });
}

import type { FrameworkPlugin } from './framework-plugin.ts';
import type { HealthProbePlugin } from './health-probe-plugin.ts';
import type { LauncherPlugin } from './launcher-plugin.ts';
import type { LogSinkPlugin } from './log-sink-plugin.ts';
import type { PackageManagerPlugin } from './package-manager-plugin.ts';
import type { PortStrategyPlugin } from './port-strategy-plugin.ts';

/** A plugin is a plain object from a factory: no base class, no `this`, no registration side effect. */
export type Plugin =
  | PackageManagerPlugin
  | HealthProbePlugin
  | LogSinkPlugin
  | PortStrategyPlugin
  | FrameworkPlugin
  | LauncherPlugin;

export type PluginKind = Plugin['kind'];

export type PluginOfKind<K extends PluginKind> = Extract<Plugin, { kind: K }>;

/** `kind:name`, such as `package-manager:pnpm`. */
export type PluginKey = `${PluginKind}:${string}`;

/** What a layer may hold: plugins, nested layers, and falsy values that are passed over. */
export type PluginLayer = Plugin | readonly PluginLayer[] | false | null | undefined | 0 | '';

export function pluginKey(plugin: Plugin): PluginKey {
  return `${plugin.kind}:${plugin.name}`;
}

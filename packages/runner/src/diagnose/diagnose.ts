import { PluginSet, ProjectRunnerError } from '@project-runner/core';
import type { PluginKey } from '@project-runner/core';

import { composePlugins } from '../compose-plugins.ts';
import type { ResolvedConfig, RunnerConfig } from '../config.ts';
import { defaultPlugins } from '../default-plugins.ts';
import { requirePlugins } from '../require-plugins.ts';
import { resolveConfig } from '../resolve-config.ts';
import { resolveLiveness } from '../server/resolve-liveness.ts';
import { checkControlGroups } from './check-control-groups.ts';
import { checkFrameworks } from './check-frameworks.ts';
import { checkPackageManagers } from './check-package-managers.ts';
import { checkPlatform } from './check-platform.ts';
import { checkPorts } from './check-ports.ts';
import { checkStateFolder } from './check-state-folder.ts';
import { checkVolume } from './check-volume.ts';
import { describeComposition } from './explain-composition.ts';
import type { ComposedPlugin, Composition } from './explain-composition.ts';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';
import { pluginSources } from './plugin-sources.ts';
import type { PluginSource } from './plugin-sources.ts';

export interface DiagnosedPlugin extends ComposedPlugin {
  /** What is inside of a wrapper; `null` where that cannot be told. */
  source: PluginSource | null;
}

/** How well a runner of a configuration would work on this machine. */
export interface Diagnosis {
  /** There is no problem; there may be warnings. */
  ok: boolean;
  findings: readonly Finding[];
  /** In order; none where the configuration is refused. */
  plugins: readonly DiagnosedPlugin[];
  removed: readonly PluginKey[];
}

export interface DiagnoseOptions {
  /** Ends the look. */
  signal?: AbortSignal;
}

/**
 * Looks at this machine and at a configuration as a runner would, starting nothing but `--version` of package managers and
 * `fallocate`. A configuration that is refused is a problem; the rest is then looked at with the defaults. Wrappers are
 * called once.
 * @throws the signal's reason
 */
export async function diagnose(
  config: RunnerConfig = {},
  { signal = new AbortController().signal }: DiagnoseOptions = {},
): Promise<Diagnosis> {
  const { refused, used, resolved, plugins } = accept(config);
  const composition = describeComposition(used, plugins);
  const { finding: stateFolder, there } = checkStateFolder(resolved.stateDir);
  const findings = [...(refused ? [refused] : []), ...checkPlatform(), checkControlGroups(), stateFolder];
  findings.push(...(await checkVolume(there)));
  signal.throwIfAborted();
  findings.push(await checkPorts(plugins, composition, resolved));
  signal.throwIfAborted();
  findings.push(...(await checkPackageManagers(plugins, signal)), ...checkFrameworks(plugins));
  const described = refused ? { plugins: [], removed: [] } : await describe(composition, used);
  if (!refused) findings.push(findingsOf('plugins').ok(summary(described.plugins), {}));
  return { ok: findings.every(({ level }) => level !== 'problem'), findings, ...described };
}

interface Accepted {
  refused: Finding | null;
  used: RunnerConfig;
  resolved: ResolvedConfig;
  plugins: PluginSet;
}

/** The configuration, or where it is refused what is left of it. */
function accept(config: RunnerConfig): Accepted {
  try {
    const resolved = resolveConfig(config);
    const plugins = composePlugins(config);
    requirePlugins(plugins);
    resolveLiveness(resolved, plugins);
    return { refused: null, used: config, resolved, plugins };
  } catch (error) {
    if (!ProjectRunnerError.is(error)) throw error;
    const { code, message, hint, plugin } = error;
    const details = { code, plugin: plugin ?? null };
    const refused = findingsOf('configuration').problem(message, hint ?? null, details);
    const used = fallback(config);
    return { refused, used, resolved: resolveConfig(used), plugins: composePlugins(used) };
  }
}

/** As far as it says where things are. */
function fallback({ stateDir }: RunnerConfig): RunnerConfig {
  return typeof stateDir === 'string' && stateDir !== '' ? { stateDir } : {};
}

async function describe(
  { plugins, removed }: Composition,
  config: RunnerConfig,
): Promise<Pick<Diagnosis, 'plugins' | 'removed'>> {
  const unwrapped = PluginSet.from(defaultPlugins(config), config.plugins);
  const sources = await pluginSources(plugins.map(({ key }) => unwrapped.get(key)));
  return {
    plugins: plugins.map((plugin, index) => ({ ...plugin, source: sources[index] ?? null })),
    removed,
  };
}

function summary(plugins: readonly DiagnosedPlugin[]): string {
  const own = plugins.filter(({ from }) => from === 'configuration').length;
  const wrapped = plugins.filter((plugin) => plugin.wrapped).length;
  return `${plugins.length} plugins, ${own} of the configuration, ${wrapped} wrapped`;
}

import { callPlugin, pluginKey, PluginSet, ProjectRunnerError, validatePlugin } from '@project-runner/core';
import type { Plugin } from '@project-runner/core';

import type { ResolvedConfig } from '../config.ts';
import { wrapPlugin } from '../wrap-plugin.ts';
import type { ProjectOptions } from './read-project-options.ts';

/**
 * The plugins of one project: those that it has set options of are made anew, in their slots, and wrapped as the host's are.
 * @throws ProjectRunnerError `MANIFEST_INVALID` where a plugin refuses what the rules let through
 */
export function applyProjectOptions(
  plugins: PluginSet,
  { projectOptions, wrap }: Pick<ResolvedConfig, 'projectOptions' | 'wrap'>,
  options: ProjectOptions,
): PluginSet {
  const made = projectOptions.flatMap(({ key, create }): Plugin[] => {
    const own = Object.hasOwn(options, key) ? options[key] : undefined;
    if (!own) return [];
    const plugin = plugins.get(key);
    try {
      const other = validatePlugin(callPlugin(plugin, 'create', () => create({ ...own })));
      if (pluginKey(other) === key) return [wrapPlugin(other, wrap)];
      throw new Error(`its options made it the plugin ${pluginKey(other)}`);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ProjectRunnerError(
        'MANIFEST_INVALID',
        `package.json: "project-runner"."${key}" is refused by the plugin: ${reason}`,
        { plugin: key, cause },
      );
    }
  });
  return made.length === 0 ? plugins : PluginSet.from(plugins.list(), made);
}

import { pluginKey, ProjectRunnerError, validatePlugin } from '@project-runner/core';
import type { PluginKey, PluginKind, PluginOfKind } from '@project-runner/core';

import { expectObject, wrong } from '../check-value.ts';
import type { OptionRule } from './option-rules.ts';

/** Plugins that are asked for one project; the others serve all of them at once. */
const projectKinds: readonly PluginKind[] = ['package-manager', 'framework', 'health-probe'];

export type ProjectPlugin = PluginOfKind<'package-manager' | 'framework' | 'health-probe'>;

// Which options there are, the factory says.
type Factory = (options: never) => ProjectPlugin;

/** A rule for each option of a factory that projects may set. */
export type RulesFor<Create extends Factory> = {
  readonly [Name in keyof OptionsOf<Create>]?: OptionRule<NonNullable<OptionsOf<Create>[Name]>>;
};

type OptionsOf<Create extends Factory> = NonNullable<Parameters<Create>[0]>;

/** Options of one plugin that a project may set, and nothing else. */
export interface AllowedOptions {
  readonly key: PluginKey;
  readonly rules: Readonly<Record<string, OptionRule<unknown>>>;
  /** The host has said which options of its own it has, if only that there are none. */
  readonly hasHostOptions: boolean;
  /** Makes the plugin for a project that has set some of them, with those of the host under them. */
  create(options: Readonly<Record<string, unknown>>): ProjectPlugin;
}

/**
 * Lets projects set options of a plugin in the field `project-runner` of their package.json: `hostOptions` hold where the
 * project says nothing else. Where the host has given options to this plugin already, they have to be said here, too: the
 * plugin of a project is made anew.
 * @throws ProjectRunnerError `CONFIG_INVALID`, also for a factory that throws without options; `PLUGIN_INVALID`
 */
export function allowOptions<Create extends Factory>(
  create: Create,
  rules: RulesFor<Create>,
  hostOptions?: OptionsOf<Create>,
): AllowedOptions {
  if (typeof create !== 'function') throw wrong('allowOptions', create, 'the factory of a plugin');
  expectObject('allowOptions', rules);
  for (const [name, rule] of Object.entries(
    rules as Record<string, Partial<OptionRule<unknown>> | undefined>,
  )) {
    if (typeof rule?.accepts === 'function' && typeof rule.expected === 'string') continue;
    throw wrong(`allowOptions.${name}`, rule, 'a rule, such as optionRules.text()');
  }
  expectObject('allowOptions', hostOptions ?? {});
  const host = { ...(hostOptions as Readonly<Record<string, unknown>> | undefined) };
  const make: AllowedOptions['create'] = (own) => create({ ...host, ...own } as never);
  const plugin = validatePlugin(madeWithout(make));
  const key = pluginKey(plugin);
  if (!projectKinds.includes(plugin.kind)) {
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `allowOptions: options of ${key} cannot be a project's: only plugins of the kinds ${projectKinds.join(', ')} are asked for one project`,
      { plugin: key },
    );
  }
  return {
    key,
    rules: rules as AllowedOptions['rules'],
    hasHostOptions: hostOptions !== undefined,
    create: make,
  };
}

/** Which kind of plugin a factory makes is known only when it has made one. */
function madeWithout(make: AllowedOptions['create']): ProjectPlugin {
  try {
    return make({});
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `allowOptions: the factory of a plugin of the kinds ${projectKinds.join(', ')} must work without options: ${reason}`,
      {
        cause,
        hint: 'Plugins of other kinds, such as log sinks, serve all projects at once: their options are not for one project to set',
      },
    );
  }
}

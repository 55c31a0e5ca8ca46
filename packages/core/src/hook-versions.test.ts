import { describe, expect, it } from 'vitest';

import { adaptPlugin, hookVersions } from './hook-versions.ts';
import type { HookVersions } from './hook-versions.ts';
import type { LogSinkPlugin } from './log-sink-plugin.ts';
import { PluginSet } from './plugin-set.ts';
import type { ProjectRunnerError } from './project-runner-error.ts';

const open = (): unknown => ({ write: () => undefined, close: () => undefined });
const sink = (apiVersion?: unknown) => ({ kind: 'log-sink', name: 'old', apiVersion, open }) as const;

/** A hook whose third version is current, and whose first one nobody supports any more. */
const versions: HookVersions = {
  current: 4,
  adapters: {
    2: (plugin) => ({ ...plugin, closes: 'by itself', name: 'other' }),
    3: (plugin) => ({ ...plugin, flushes: 'closes' in plugin }),
  },
};

function refusal(apiVersion: unknown, given?: HookVersions): ProjectRunnerError {
  try {
    adaptPlugin(sink(apiVersion), given);
  } catch (error) {
    return error as ProjectRunnerError;
  }
  throw new Error('it was let through');
}

describe('adaptPlugin', () => {
  it('answers a plugin of the current version as it is', () => {
    const plugin = Object.freeze(sink(4));
    expect(adaptPlugin(plugin, versions)).toBe(plugin);
  });

  it('takes an older one through each version, in its slot, and leaves what it was given alone', () => {
    const plugin = Object.freeze(sink(2));
    expect(adaptPlugin(plugin, versions)).toEqual({
      ...plugin,
      apiVersion: 4,
      closes: 'by itself',
      flushes: true,
    });
    expect(adaptPlugin(sink(3), versions)).toEqual({ ...sink(4), flushes: false });
  });

  it('refuses one that is too old: which, what is supported, what to do', () => {
    expect(refusal(1, versions)).toMatchObject({
      code: 'PLUGIN_INVALID',
      plugin: 'log-sink:old',
      message: '[log-sink:old] has apiVersion 1, this core supports 2 to 4 for log-sink plugins',
      hint: 'Update the plugin: a release of it for apiVersion 4 is needed',
    });
  });

  it('refuses one that is too new, and says to update the other side', () => {
    expect(refusal(2)).toMatchObject({
      code: 'PLUGIN_INVALID',
      plugin: 'log-sink:old',
      message: '[log-sink:old] has apiVersion 2, this core supports 1 for log-sink plugins',
      hint: 'Update @project-runner/core and what uses it, or use a release of the plugin for apiVersion 1',
    });
  });

  it.each([
    [undefined, 'none'],
    ['1', '"1"'],
    [1.5, '1.5'],
    [-1, '-1'],
    [null, 'null'],
    [Number.NaN, 'null'],
  ])('refuses %j as a version', (apiVersion, found) => {
    expect(refusal(apiVersion)).toMatchObject({
      message: `[log-sink:old] must have an apiVersion, 1; found ${found}`,
      hint: 'Write apiVersion: 1',
    });
  });

  it('names the plugin that cannot be adapted, and keeps the cause', () => {
    const cause = new TypeError('no such member');
    const failing: HookVersions = {
      current: 2,
      adapters: {
        1: () => {
          throw cause;
        },
      },
    };
    expect(refusal(1, failing)).toMatchObject({
      code: 'PLUGIN_INVALID',
      message: '[log-sink:old] cannot be adapted from apiVersion 1 to 2',
      cause,
    });
  });

  it('knows every hook at the version that its type has', () => {
    const apiVersion: LogSinkPlugin['apiVersion'] = 1;
    expect(Object.values(hookVersions).map(({ current }) => current)).toEqual(Array(6).fill(apiVersion));
    expect(() => PluginSet.from([sink(0) as never])).toThrowError(/has apiVersion 0, this core supports 1/);
  });
});

import { PluginSet } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { defaultPlugins } from './default-plugins.ts';
import { requirePlugins } from './require-plugins.ts';

describe('requirePlugins', () => {
  const preset = PluginSet.from(defaultPlugins());

  it.each([
    ['launcher:local', 'launcher'],
    ['port-strategy:range', 'port-strategy'],
  ])('refuses a set without %s, naming what is missing and what is there', (key, kind) => {
    expect(() => requirePlugins(preset.without([key]))).toThrow(
      expect.objectContaining({
        code: 'PLUGIN_MISSING',
        message: `a ${kind} plugin is needed and none is there`,
        hint: expect.stringMatching(/^These are there: .*health-probe:http/),
      }),
    );
  });

  it('takes the preset, and one that only starts servers', () => {
    requirePlugins(preset);
    const rest = preset.keys().filter((key) => !/^(launcher|port-strategy):/.test(key));
    expect(() => requirePlugins(preset.without(rest))).not.toThrow();
  });
});

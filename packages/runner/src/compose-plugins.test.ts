import { wrap } from '@project-runner/core';
import type { HealthProbePlugin } from '@project-runner/core';
import { describe, expect, it, onTestFinished } from 'vitest';

import { composePlugins } from './compose-plugins.ts';
import type { RunnerConfig } from './config.ts';
import { filterSink } from './logs/filter-sink.ts';
import { LocalProcessRunner } from './local-process-runner.ts';
import { defaultPlugins } from './default-plugins.ts';
import { allowOptions } from './project-options/allow-options.ts';

function probe(name: string): HealthProbePlugin {
  return { kind: 'health-probe', name, apiVersion: 1, check: () => Promise.resolve({ healthy: true }) };
}

const code = (name: string): Error => expect.objectContaining({ code: name }) as Error;

describe('composePlugins', () => {
  it('is the preset without a configuration', () => {
    expect(composePlugins().keys()).toEqual(defaultPlugins().map(({ kind, name }) => `${kind}:${name}`));
  });

  it('merges, leaves out, wraps and orders, in that order', () => {
    const own = probe('http');
    let seen: unknown;
    const set = composePlugins({
      plugins: [own, probe('deep')],
      without: ['log-sink:file'],
      wrap: {
        'health-probe:http': (inner) => {
          seen = inner;
          return wrap(inner, { roles: ['readiness'] });
        },
        'log-sink:memory': (inner) => filterSink(inner, { stream: 'stderr' }),
      },
      order: ['health-probe:deep'],
    });
    expect(seen).toBe(own);
    expect(set.keys()[0]).toBe('health-probe:deep');
    expect(set.all('health-probe').map(({ name, roles }) => [name, roles])).toEqual([
      ['deep', undefined],
      ['http', ['readiness']],
    ]);
    expect(set.all('log-sink').map(({ name, read }) => [name, read])).toEqual([['memory', undefined]]);
  });

  const other = (): HealthProbePlugin => probe('other');
  it.each([
    [
      'an order of what is not there',
      { order: ['health-probe:tcp'] },
      'PLUGIN_MISSING',
      /no plugin health-probe:tcp to put into order$/,
    ],
    [
      'an order that names one twice',
      { order: ['health-probe:http', 'health-probe:http'] },
      'PLUGIN_DUPLICATE',
      /named twice/,
    ],
    [
      'an order that is no list',
      { order: 'health-probe:http' },
      'CONFIG_INVALID',
      /order: expected a list of plugin keys/,
    ],
    [
      'a without that holds no keys',
      { without: [1] },
      'CONFIG_INVALID',
      /without: expected a list of plugin keys/,
    ],
    [
      'one that is left out twice',
      { without: ['log-sink:file', 'log-sink:file'] },
      'PLUGIN_MISSING',
      /no plugin log-sink:file/,
    ],
    [
      'an order of what was left out',
      { without: ['log-sink:file'], order: ['log-sink:file'] },
      'PLUGIN_MISSING',
      /no plugin log-sink:file to put into order/,
    ],
    [
      'wrapping what is not there',
      { wrap: { 'health-probe:tcp': other } },
      'PLUGIN_MISSING',
      /no plugin health-probe:tcp to wrap$/,
    ],
    [
      'wrapping with what is no function',
      { wrap: { 'health-probe:http': {} } },
      'CONFIG_INVALID',
      /wrap\["health-probe:http"\]: expected a function/,
    ],
    [
      'a wrapper that answers another plugin',
      { wrap: { 'health-probe:http': other } },
      'PLUGIN_INVALID',
      /answered the plugin health-probe:other/,
    ],
    [
      'a wrapper that answers none',
      { wrap: { 'health-probe:http': () => undefined } },
      'PLUGIN_INVALID',
      /wrap\["health-probe:http"\] must answer a plugin: .* must be an object, found nothing/,
    ],
    [
      'a wrapper that is async',
      { wrap: { 'health-probe:http': async () => other() } },
      'PLUGIN_INVALID',
      /wrap\["health-probe:http"\] must answer a plugin: .* found a promise/,
    ],
    [
      '__proto__ as a key',
      { wrap: JSON.parse('{"__proto__": 1}') as object },
      'PLUGIN_MISSING',
      /no plugin __proto__/,
    ],
  ])('refuses %s, in the constructor', (_, config, expected, message) => {
    expect(() => new LocalProcessRunner(config as RunnerConfig)).toThrowError(message);
    expect(() => new LocalProcessRunner(config as RunnerConfig)).toThrowError(code(expected));
  });

  it('says what it expected in place of null', () => {
    expect(() => composePlugins(null as never)).toThrowError(
      /wrong value for config: expected an object, found null/,
    );
  });

  it('takes what a wrapper throws for a fault of the configuration, names the plugin and keeps the cause', () => {
    const cause = new Error('no such thing');
    const fail = (): never => {
      throw cause;
    };
    expect(() => composePlugins({ wrap: { 'health-probe:http': fail } })).toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        plugin: 'health-probe:http',
        cause,
        message: 'wrap["health-probe:http"] failed: no such thing',
      }) as Error,
    );
    const inside = (inner: HealthProbePlugin): HealthProbePlugin => wrap(inner, fail);
    expect(() => composePlugins({ wrap: { 'health-probe:http': inside } })).toThrowError(
      code('CONFIG_INVALID'),
    );
    const wrong = (inner: HealthProbePlugin): HealthProbePlugin => wrap(inner, { check: 1 } as never);
    expect(() => composePlugins({ wrap: { 'health-probe:http': wrong } })).toThrowError(
      code('PLUGIN_INVALID'),
    );
  });

  it.each([
    ['without', { without: ['log-sink:none'] }],
    ['order', { order: ['log-sink:none'] }],
    ['wrap', { wrap: { 'log-sink:none': (inner) => inner } }],
    ['projectOptions', { projectOptions: [allowOptions(() => probe('none'), {})] }],
  ] as [string, RunnerConfig][])('says what is there where %s names what is not', (_, config) => {
    expect(() => composePlugins(config)).toThrowError(
      expect.objectContaining({
        code: 'PLUGIN_MISSING',
        hint: expect.stringMatching(/^These are there: .*log-sink:file/) as string,
      }) as Error,
    );
  });

  it('leaves no rejection behind of a wrapper that is async and fails', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const fail = (): Promise<never> => Promise.reject(new Error('late'));
    expect(() => composePlugins({ wrap: { 'health-probe:http': fail as never } })).toThrowError(
      code('PLUGIN_INVALID'),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });
});

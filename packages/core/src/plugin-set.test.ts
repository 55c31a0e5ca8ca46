import { describe, expect, it } from 'vitest';

import { callPlugin } from './call-plugin.ts';
import type { HealthProbePlugin } from './health-probe-plugin.ts';
import { PluginSet } from './plugin-set.ts';
import { ProjectRunnerError } from './project-runner-error.ts';
import { validatePlugin } from './validate-plugin.ts';

const probe = (name: string, changes: object = {}): HealthProbePlugin => ({
  kind: 'health-probe',
  name,
  apiVersion: 1,
  check: () => Promise.resolve({ healthy: true }),
  ...changes,
});

const missing = (message: string, there: string): Error =>
  expect.objectContaining({
    code: 'PLUGIN_MISSING',
    message,
    hint: `These are there: ${there}`,
  }) as Error;

describe('PluginSet', () => {
  it('merges layers by key: a later plugin takes the slot of the earlier one', () => {
    const mine = probe('b');
    const set = PluginSet.from(
      [probe('a'), probe('b'), probe('c')],
      [mine, false, null, [undefined, [probe('d')]]],
    );
    expect(set.keys()).toEqual(['health-probe:a', 'health-probe:b', 'health-probe:c', 'health-probe:d']);
    expect(set.all('health-probe')[1]).toBe(mine);
    expect(set.one('health-probe').name).toBe('d');
  });

  it('refuses a key twice in one layer', () => {
    expect(() => PluginSet.from([probe('a'), [probe('a')]])).toThrowError(
      expect.objectContaining({ code: 'PLUGIN_DUPLICATE', plugin: 'health-probe:a' }),
    );
  });

  it('leaves out keys, and names those that are there for one that is not', () => {
    const set = PluginSet.from([probe('a'), probe('b')]);
    expect(set.without(['health-probe:a']).keys()).toEqual(['health-probe:b']);
    expect(() => set.without(['health-probe:x'])).toThrowError(
      missing('there is no plugin health-probe:x to leave out', 'health-probe:a, health-probe:b'),
    );
    expect(() => set.one('launcher')).toThrowError(
      missing('a launcher plugin is needed and none is there', 'health-probe:a, health-probe:b'),
    );
    expect(() => PluginSet.from([]).one('launcher')).toThrowError(
      expect.objectContaining({ hint: 'There are no plugins' }),
    );
  });
});

describe('PluginSet.reorder', () => {
  const set = PluginSet.from([probe('a'), probe('b'), probe('c')]);

  it('puts those named first, as they are named, and the others behind as they were', () => {
    expect(set.reorder(['health-probe:c', 'health-probe:b']).keys()).toEqual([
      'health-probe:c',
      'health-probe:b',
      'health-probe:a',
    ]);
    expect(set.reorder([]).keys()).toEqual(set.keys());
    expect(set.keys()).toEqual(['health-probe:a', 'health-probe:b', 'health-probe:c']);
  });

  it('names those that are there for one that is not, and one that is named twice', () => {
    expect(() => set.reorder(['health-probe:a', 'health-probe:x'])).toThrowError(
      missing(
        'there is no plugin health-probe:x to put into order',
        'health-probe:a, health-probe:b, health-probe:c',
      ),
    );
    expect(() => set.reorder(['constructor'])).toThrowError(
      expect.objectContaining({ code: 'PLUGIN_MISSING' }),
    );
    expect(() => set.reorder(['health-probe:a', 'health-probe:a'])).toThrowError(
      expect.objectContaining({ code: 'PLUGIN_DUPLICATE', plugin: 'health-probe:a' }),
    );
  });
});

describe('validatePlugin', () => {
  type Refusal = [what: string, value: unknown, message: RegExp, hint?: RegExp];
  const manager = { ...probe('a'), kind: 'package-manager', detect: probe, install: probe, run: probe };

  it('takes optional members that are there, or are undefined', () => {
    const optional = {
      version: probe,
      workspacePatterns: probe,
      explainFailure: probe,
      skippedScripts: undefined,
    };
    expect(validatePlugin({ ...manager, ...optional })).toMatchObject({ version: probe });
  });

  it.each<Refusal>([
    ['a function', probe, /found the function probe/],
    ['nothing', null, /must be an object, found null/],
    ['an array', [], /found an array/],
    ['a promise', Promise.resolve(probe('a')), /found a promise/, /^Await it/],
    [
      'roles that are no list',
      probe('a', { roles: 'startup' }),
      /roles must be a list of .*; found "startup"/,
    ],
    ['a path that is no text', probe('a', { path: 1 }), /path must be a string, found 1/],
    ['a path of no URL', probe('a', { path: 'up' }), /path must start with "\/", found "up"/],
    ['roles that are empty', probe('a', { roles: [] }), /roles must be a list of .*; found none/],
    ['no kind', {}, /kind must be one of package-manager, .*found nothing/],
    ['a strange kind', probe('a', { kind: 'toaster' }), /found "toaster"/],
    ['__proto__ as its kind', probe('a', { kind: '__proto__' }), /found "__proto__"/],
    ['no name', probe(''), /must have a name .*found ""/],
    [
      'a missing method',
      probe('a', { check: undefined }),
      /\[health-probe:a\] is missing check/,
      /^Methods of a class get lost when an instance is spread/,
    ],
    [
      'a method of a wrong type',
      probe('a', { check: 'x' }),
      /\[health-probe:a\] check must be a function, found "x"/,
    ],
    [
      'an optional method of a wrong type',
      { ...manager, skippedScripts: ['esbuild'] },
      /\[package-manager:a\] skippedScripts must be a function, found an array/,
    ],
    [
      'a version that is no method',
      { ...manager, version: '1.0.0' },
      /version must be a function, found "1\.0\.0"/,
    ],
    [
      'copies that are no method',
      {
        ...probe('a', { detect: probe, build: probe, output: probe, start: probe, env: probe }),
        kind: 'framework',
        drainSeconds: 1,
        copies: [],
      },
      /\[framework:a\] copies must be a function, found an array/,
    ],
    ['another apiVersion', probe('a', { apiVersion: 2 }), /apiVersion 2, this core supports 1/],
  ])('refuses %s', (_, value, message, hint?: RegExp) => {
    expect(() => validatePlugin(value)).toThrowError(message);
    expect(() => validatePlugin(value)).toThrowError(expect.objectContaining({ code: 'PLUGIN_INVALID' }));
    if (!hint) return;
    expect(() => validatePlugin(value)).toThrowError(
      expect.objectContaining({ hint: expect.stringMatching(hint) as string }),
    );
  });
});

describe('callPlugin', () => {
  it('names the plugin in what it throws, now or later, and keeps the cause', async () => {
    const cause = new Error('broken');
    const expected = expect.objectContaining({
      code: 'PLUGIN_FAILED',
      plugin: 'health-probe:a',
      cause,
      message: '[health-probe:a] check failed: broken',
    }) as Error;
    const fail = (): never => {
      throw cause;
    };
    expect(() => callPlugin(probe('a'), 'check', fail)).toThrowError(expected);
    await expect(callPlugin(probe('a'), 'check', () => Promise.reject(cause))).rejects.toThrowError(expected);
  });

  it('passes on an error that has a code already', () => {
    const own = new ProjectRunnerError('PORT_UNAVAILABLE', 'busy');
    const fail = (): never => {
      throw own;
    };
    expect(() => callPlugin(probe('a'), 'check', fail)).toThrowError(own);
  });
});

describe('ProjectRunnerError.is', () => {
  it('knows errors of another copy of this package, and nothing else', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('@project-runner/error')]: true });
    expect(ProjectRunnerError.is(foreign)).toBe(true);
    expect(ProjectRunnerError.is(new Error('x'))).toBe(false);
    expect(ProjectRunnerError.is(null)).toBe(false);
  });
});

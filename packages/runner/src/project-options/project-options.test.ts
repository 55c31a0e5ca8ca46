import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PluginSet, wrap } from '@project-runner/core';
import type { HealthProbePlugin } from '@project-runner/core';
import { nodeServer } from '@project-runner/framework-node';
import { healthHttp } from '@project-runner/health-http';
import type { HealthHttpOptions } from '@project-runner/health-http';
import { logsFile } from '@project-runner/logs-file';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { RunnerConfig } from '../config.ts';
import { composePlugins } from '../compose-plugins.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import { LocalProcessRunner } from '../local-process-runner.ts';
import { resolveConfig } from '../resolve-config.ts';
import { allowOptions } from './allow-options.ts';
import type { AllowedOptions } from './allow-options.ts';
import { applyProjectOptions } from './apply-project-options.ts';
import { optionRules } from './option-rules.ts';
import { readProjectOptions } from './read-project-options.ts';

const node = allowOptions(nodeServer, {
  healthPath: optionRules.urlPath(),
  drainSeconds: optionRules.wholeNumber(1, 28),
  entry: optionRules.filePath(),
  cwd: optionRules.oneOf('release', 'data'),
});
const http = allowOptions((own: HealthHttpOptions) => healthHttp({ timeoutMs: 2000, ...own }), {
  path: optionRules.urlPath(),
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'project-options-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

function read(field: unknown, allowed = [node, http], more = ''): unknown {
  const dir = folder();
  const text = typeof field === 'string' ? field : JSON.stringify(field);
  writeFileSync(join(dir, 'package.json'), `{"name":"x"${more},"project-runner":${text}}`);
  return readProjectOptions(snapshotDirectory(dir), allowed);
}

describe('readProjectOptions', () => {
  it('answers what a project has set, and nothing where it has not', () => {
    const field = {
      'framework:node': { healthPath: '/up?deep=1', drainSeconds: 5, entry: 'dist/server.js', cwd: 'data' },
      'health-probe:http': { path: '/ready' },
    };
    expect(read(field)).toEqual(field);
    expect(read({})).toEqual({});
    expect(read(field, [])).toEqual({});
    const dir = folder();
    writeFileSync(
      join(dir, 'package.json'),
      '\uFEFF{"name":"project-runner","dependencies":{"project-runner":"1"}}',
    );
    expect(readProjectOptions(snapshotDirectory(dir), [node])).toEqual({});
  });

  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const refusals: [string, unknown, RegExp][] = [
    [
      'a plugin that is not allowed',
      { 'launcher:local': {} },
      /: "project-runner"\."launcher:local" is not for projects to set here; these are: framework:node, health-probe:http$/,
    ],
    ['an unknown plugin', { 'framework:evil': {} }, /"framework:evil" is not for projects/],
    [
      'an option that is not allowed',
      { 'health-probe:http': { headers: {} } },
      /"health-probe:http"\."headers" is not for projects to set here; these are: path$/,
    ],
    ['code to load', { plugins: ['./evil.js'] }, /"plugins" is not for projects/],
    [
      'what every object has',
      { 'framework:node': { constructor: {}, toString: 'x' } },
      /"constructor" is not for projects/,
    ],
    [
      '__proto__ as a plugin',
      '{"__proto__":{"framework:node":{"drainSeconds":1}}}',
      /"project-runner"\."__proto__" is no name of an option/,
    ],
    [
      '__proto__ as an option',
      '{"framework:node":{"__proto__":{"drainSeconds":1}}}',
      /"framework:node"\."__proto__" is no name/,
    ],
    [
      '__proto__ in a value',
      '{"framework:node":{"entry":{"a":[{"__proto__":1}]}}}',
      /"entry"\."a"\."0"\."__proto__" is no name/,
    ],
    [
      'a value of another type',
      { 'framework:node': { drainSeconds: '5' } },
      /"drainSeconds" must be a whole number from 1 to 28; found "5"$/,
    ],
    ['a number that is too large', { 'framework:node': { drainSeconds: 29 } }, /found 29$/],
    ['no value', { 'framework:node': { drainSeconds: null } }, /found null$/],
    ['another word', { 'framework:node': { cwd: '/' } }, /"cwd" must be "release" or "data"; found "\/"/],
    [
      'another server as a path',
      { 'framework:node': { healthPath: '//evil.example/x' } },
      /must be a path that starts with one "\/"/,
    ],
    [
      'another server as a path, by a backslash',
      { 'framework:node': { healthPath: '/\\evil.example' } },
      /must be a path/,
    ],
    ['a URL as a path', { 'framework:node': { healthPath: 'http://evil.example' } }, /must be a path/],
    ['a line ending in a path', { 'framework:node': { healthPath: '/a\r\nHost: evil' } }, /must be a path/],
    ...['../../etc/passwd', 'dist/../../x', '/etc/passwd', '~/x', 'C:/x', 'dist\\..\\x', '', 'a\0b'].map(
      (entry) =>
        [
          `the file ${JSON.stringify(entry)}`,
          { 'framework:node': { entry } },
          /"entry" must be a relative path inside of the project/,
        ] as [string, unknown, RegExp],
    ),
    [
      'a list in place of options',
      { 'framework:node': [] },
      /"framework:node" must be an object; found \[\]/,
    ],
    ['a list in place of plugins', [], /"project-runner" must be an object; found \[\]/],
    ['nothing', 'null', /"project-runner" must be an object; found null/],
    [
      'text of 7 MB',
      { 'framework:node': { entry: 'x'.repeat(7e6) } },
      /"project-runner" holds more than 65536 characters$/,
    ],
    [
      'a path that is too long',
      { 'framework:node': { healthPath: `/${'x'.repeat(30_000)}` } },
      /"healthPath" must be a path that starts with one "\/", of at most 1024 characters; found "\/x/,
    ],
    ['a plugin with a long name', { ['x'.repeat(5000)]: {} }, /"x{99}…" is not for projects/],
    [
      'an option that would forge lines of the log',
      { 'framework:node': { 'a\u001b[31m\r\nSTOPPED: all is well\u001b]0;pwn\u0007': 1 } },
      /"framework:node"\."a\\u001b\[31m\\r\\nSTOPPED: all is well\\u001b\]0;pwn\\u0007" is not/,
    ],
    [
      'what JSON does not escape',
      { 'framework:node': { entry: { 'a\u009b31m\u202e': {} } } },
      /"entry" must be .*found \{"a\\u\{9b\}31m\\u\{202e\}":\{\}\}$/,
    ],
    [
      'a place that JSON does not escape',
      '{"framework:node":{"entry":{"a\u009b31m\u2028":{"__proto__":1}}}}',
      /"entry"\."a\\u\{9b\}31m\\u\{2028\}"\."__proto__" is no name/,
    ],
    [
      'many values',
      { 'framework:node': { entry: Array.from({ length: 2e5 }, () => 1) } },
      /holds more than 1000 values/,
    ],
    [
      'many plugins',
      Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`framework:${i}`, {}])),
      /holds more than 1000 values/,
    ],
    ['a long name', { ['x'.repeat(1e6)]: {} }, /holds more than 65536 characters/],
    ['a pit', `{"framework:node":{"entry":${deep}}}`, /is nested deeper than 8/],
  ];
  it.each(refusals)('refuses %s, with file and key', (_, field, message) => {
    const refusal = expect.objectContaining({
      code: 'MANIFEST_INVALID',
      message: expect.stringMatching(message) as string,
    }) as Error;
    expect(() => read(field)).toThrowError(refusal);
    expect(() => read(field)).toThrowError(/^\/.*package\.json: "project-runner"/);
    expect(() => read(field)).toThrowError(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,500}$/u);
  });

  it('refuses a file of 10 MB before it is read', () => {
    expect(() => read({ 'framework:node': { entry: 'x'.repeat(10 * 2 ** 20) } })).toThrowError(
      /package\.json cannot be read: it has 10\.\d MB, and at most 8 are read/,
    );
  });

  it('does not follow a package.json out of the project', () => {
    const [dir, other] = [folder(), folder()];
    writeFileSync(join(other, 'package.json'), '{"project-runner":{"framework:node":{"drainSeconds":1}}}');
    symlinkSync(join(other, 'package.json'), join(dir, 'package.json'));
    expect(readProjectOptions(snapshotDirectory(dir), [node])).toEqual({});
  });

  it('leaves prototypes alone', () => {
    expect(() => read('{"__proto__":{"polluted":true}}')).toThrow(/no name of an option/);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('applyProjectOptions', () => {
  const set = PluginSet.from([healthHttp({ name: 'a' }), healthHttp(), nodeServer()]);
  const config = (more: RunnerConfig = {}) => resolveConfig({ projectOptions: [node, http], ...more });

  it('makes those anew that a project has set options of, in their slots', () => {
    const own = applyProjectOptions(set, config(), { 'framework:node': { drainSeconds: 5 } });
    expect(own.keys()).toEqual(set.keys());
    expect(own.get('framework:node').drainSeconds).toBe(5);
    expect(set.get('framework:node').drainSeconds).toBe(10);
    expect(own.get('health-probe:http')).toBe(set.get('health-probe:http'));
    expect(applyProjectOptions(set, config(), {})).toBe(set);
  });

  it('wraps them as the host’s own are wrapped', () => {
    const wrapped = config({
      wrap: { 'health-probe:http': (inner) => wrap(inner, { roles: ['readiness'] }) },
    });
    const own = applyProjectOptions(set, wrapped, { 'health-probe:http': { path: '/x' } });
    expect(own.get('health-probe:http').roles).toEqual(['readiness']);
  });

  it('names the plugin that refuses what the rules let through, and the file', () => {
    const strict = allowOptions(
      ({ path }: { path?: string }): HealthProbePlugin => {
        if (path === '/no') throw new Error('not that one');
        return healthHttp();
      },
      { path: optionRules.urlPath() },
    );
    const apply = (path: string): unknown =>
      applyProjectOptions(set, config({ projectOptions: [strict] }), { 'health-probe:http': { path } });
    expect(() => apply('/no')).toThrowError(
      /^package\.json: "project-runner"\."health-probe:http" is refused by the plugin: .*not that one$/,
    );
  });

  it('keeps the options of the host under those of the project', () => {
    const seen: unknown[] = [];
    const noting = (options: HealthHttpOptions = {}): HealthProbePlugin => {
      seen.push(options);
      return healthHttp(options);
    };
    const headers = { 'x-host': 'yes' };
    const rules = { path: optionRules.urlPath() };
    const allowed = allowOptions(noting, rules, { headers, path: '/host' });
    applyProjectOptions(set, config({ projectOptions: [allowed] }), {
      'health-probe:http': { path: '/own' },
    });
    expect(seen).toEqual([
      { headers, path: '/host' },
      { headers, path: '/own' },
    ]);
  });

  it.each([
    ['plugins', { plugins: [healthHttp({ headers: { 'x-host': 'yes' } })] }],
    ['healthCheck.timeoutMs', { healthCheck: { timeoutMs: 20_000 } }],
  ])('is refused where a project would shed what the host has set by %s', (where, more) => {
    const rules = { path: optionRules.urlPath() };
    const compose = (allowed: AllowedOptions): PluginSet =>
      composePlugins({ ...more, projectOptions: [node, allowed] });
    expect(() => compose(allowOptions(healthHttp, rules))).toThrowError(
      `projectOptions: health-probe:http is set up by ${where}, which a project that sets an option of it would not get`,
    );
    expect(compose(allowOptions(healthHttp, rules, {})).keys()).toContain('health-probe:http');
  });

  it('does not let options choose another slot', () => {
    const naming = allowOptions(({ name = 'http' }: { name?: string }) => healthHttp({ name }), {
      name: optionRules.text(),
    });
    const apply = (): unknown =>
      applyProjectOptions(set, config({ projectOptions: [naming] }), { 'health-probe:http': { name: 'a' } });
    expect(() => apply()).toThrowError(/its options made it the plugin health-probe:a/);
  });
});

describe('allowOptions', () => {
  it('is for plugins that are asked for one project', () => {
    expect(() => allowOptions((() => logsFile({ dir: '/tmp' })) as never, {})).toThrowError(
      /options of log-sink:file cannot be a project's: only plugins of the kinds package-manager, framework, health-probe/,
    );
  });

  it('says so of a factory that throws without options, too', () => {
    expect(() => allowOptions(logsFile as never, {})).toThrowError(
      /^allowOptions: the factory of a plugin .* must work without options: logsFile: dir must be a folder/,
    );
  });

  it.each([
    ['a plugin in place of its factory', healthHttp(), {}, /allowOptions: expected the factory of a plugin/],
    ['a factory that makes none', () => 1, {}, /A plugin must be an object, found 1/],
    ['a value in place of a rule', healthHttp, { path: '/x' }, /allowOptions\.path: expected a rule/],
    ['no rules', healthHttp, null, /allowOptions: expected an object/],
  ])('refuses %s', (_, create, rules, message) => {
    expect(() => allowOptions(create as never, rules as never)).toThrowError(message);
  });

  it.each([
    [
      'a plugin that is not there',
      { projectOptions: [http], without: ['health-probe:http'] },
      /no plugin health-probe:http$/,
    ],
    [
      'a plugin twice',
      { projectOptions: [http, http] },
      /projectOptions: expected each plugin once, found "health-probe:http"/,
    ],
    [
      'what it did not make',
      { projectOptions: [{ path: 1 }] },
      /projectOptions: expected a list of what allowOptions answers/,
    ],
    ['no list', { projectOptions: { http } }, /projectOptions: expected a list/],
  ])('has a runner refuse %s', (_, config, message) => {
    expect(() => new LocalProcessRunner(config as unknown as RunnerConfig)).toThrowError(message);
  });

  it('lets a configuration through that fits', () => {
    expect(composePlugins({ projectOptions: [node, http] }).keys()).toEqual(composePlugins().keys());
  });
});

describe('optionRules', () => {
  it.each([
    [optionRules.text(3), ['a', 'abc'], ['', 'abcd', 1, 'a\u0007', null]],
    [optionRules.flag(), [true, false], ['true', 0]],
    [optionRules.wholeNumber(0, 2), [0, 2], [-1, 3, 0.5, '1', Number.NaN]],
    [optionRules.oneOf(1, 'a'), [1, 'a'], ['1', 'b', undefined]],
    [optionRules.listOf(optionRules.flag(), 2), [[], [true, false]], [[1], [true, true, true], 'x', {}]],
    [optionRules.urlPath(), ['/', '/a/b?c=d'], ['a', '//a', '/a b', '/\\a', '/a\n']],
    [optionRules.filePath(), ['a', 'a/b.js', '..a/b..', 'a/.../b'], ['..', '../a', 'a/..', '/a']],
  ])('%#: lets through what is meant and nothing else', (rule, good, bad) => {
    expect(good.filter((value) => !rule.accepts(value))).toEqual([]);
    expect(bad.filter((value) => rule.accepts(value))).toEqual([]);
  });
});

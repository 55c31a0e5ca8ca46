import { wrap } from '@project-runner/core';
import { healthHttp } from '@project-runner/health-http';
import { expect, it } from 'vitest';

import { composePlugins } from '../compose-plugins.ts';
import type { RunnerConfig } from '../config.ts';
import { allowOptions } from '../project-options/allow-options.ts';
import { optionRules } from '../project-options/option-rules.ts';
import { folder, manifest, testConfig } from './explain.test-support.ts';
import { explainProject } from './explain-project.ts';

const project = (fields: object = {}): string =>
  folder({
    'package.json': manifest({ scripts: { start: 'node server.js' }, ...fields }),
    'server.js': '',
  });
const everything = ['startup', 'readiness', 'liveness'];
const allowed = allowOptions(healthHttp, { path: optionRules.urlPath() });
const set = { 'project-runner': { 'health-probe:http': { path: '/ready' } } };

it('tells the path that a probe of the configuration asks', async () => {
  const plugins = [healthHttp({ path: '/livez', name: 'live', roles: ['liveness'] })];
  const found = await explainProject(project(), { ...testConfig(), plugins });
  expect(found.health).toEqual({
    path: '/health',
    from: 'guess',
    probes: [
      { key: 'health-probe:http', roles: everything, path: '/health', from: 'guess' },
      { key: 'health-probe:live', roles: ['liveness'], path: '/livez', from: 'probe' },
    ],
  });
});

it('tells the path that a project has set, and the probes that it does not reach', async () => {
  const config = { ...testConfig(), plugins: [healthHttp({ name: 'other' })], projectOptions: [allowed] };
  const found = await explainProject(project(set), config);
  expect(found.projectOptions).toEqual(['health-probe:http']);
  expect(found.projectOptionsReason).toBeNull();
  expect(found.health.probes).toEqual([
    { key: 'health-probe:http', roles: everything, path: '/ready', from: 'project' },
    { key: 'health-probe:other', roles: everything, path: '/health', from: 'guess' },
  ]);
});

it('says that options of a project are ignored where the host lets none be set', async () => {
  const found = await explainProject(project(set), testConfig());
  expect(found.projectOptions).toEqual([]);
  expect(found.projectOptionsReason).toBe(
    'the field "project-runner" of package.json is ignored: the configuration lets projects set nothing (projectOptions)',
  );
  expect(found.health.probes).toMatchObject([{ path: '/health', from: 'guess' }]);
  expect((await explainProject(project(), testConfig())).projectOptionsReason).toBeNull();
});

it('names what the server gets by its limits', async () => {
  const found = await explainProject(project(), { ...testConfig(), limits: { heapMb: 256 } });
  expect(found.variables.server).toContain('NODE_OPTIONS');
  expect((await explainProject(project(), testConfig())).variables.server).not.toContain('NODE_OPTIONS');
});

it('composes the plugins once', async () => {
  let calls = 0;
  const found = await explainProject(project(), {
    ...testConfig(),
    wrap: {
      'port-strategy:range': (inner) => {
        calls += 1;
        return wrap(inner, {});
      },
    },
  });
  expect(calls).toBe(1);
  expect(found.ports).toEqual({
    strategy: 'port-strategy:range',
    start: 4111,
    end: 4200,
    mayShareSocket: false,
  });
});

it('uses plugins that were composed already', async () => {
  let calls = 0;
  const config: RunnerConfig = {
    ...testConfig(),
    wrap: {
      'port-strategy:range': (inner) => {
        calls += 1;
        return wrap(inner, {});
      },
    },
  };
  const plugins = composePlugins(config);
  await explainProject(project(), config, { plugins });
  expect(calls).toBe(1);
});

it('says why nothing is told of the cache', async () => {
  const asked = async (config: { cache?: false }, options: { cache?: boolean }): Promise<string | null> =>
    (await explainProject(project(), { ...testConfig(), ...config }, options)).cacheReason;
  expect(await asked({}, {})).toBeNull();
  expect(await asked({ cache: false }, {})).toMatch(/^off by the configuration/);
  expect(await asked({}, { cache: false })).toBe('not used: it is built anew');
});

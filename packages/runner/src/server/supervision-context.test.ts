import { EventEmitter } from 'node:events';

import { healthHttp } from '@project-runner/health-http';
import { expect, it } from 'vitest';

import { composePlugins } from '../compose-plugins.ts';
import type { RunnerConfig } from '../config.ts';
import { allowOptions } from '../project-options/allow-options.ts';
import { optionRules } from '../project-options/option-rules.ts';
import { resolveConfig } from '../resolve-config.ts';
import { createContext } from './supervision-context.ts';
import type { SupervisionContext } from './supervision-context.ts';

const roles = optionRules.listOf(optionRules.oneOf('startup', 'liveness'));
const projectOptions = [allowOptions(healthHttp, { roles, path: optionRules.urlPath() })];

function contextOf(config: RunnerConfig): SupervisionContext {
  const idle = (): Promise<void> => Promise.resolve();
  return createContext({
    config: resolveConfig({ projectOptions, ...config }),
    plugins: composePlugins({ projectOptions, ...config }),
    events: new EventEmitter(),
    routes: { follow: idle, pause: idle, remove: idle },
  });
}

it('watches the servers of a project by the probes of that project', () => {
  const context = contextOf({});
  expect(context.liveness).toBeNull();
  const live = context.forProject({ 'health-probe:http': { roles: ['startup', 'liveness'] } });
  expect(live.liveness).toEqual({ intervalMs: 10_000, failures: 3 });
  expect(context.forProject({ 'health-probe:http': { path: '/live' } }).liveness).toBeNull();
  expect(context.forProject({}).liveness).toBeNull();
});

it('goes on without options of a kept server that leave nobody to watch it', () => {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const context = contextOf({
    liveness: true,
    logger: { debug() {}, info() {}, warn, error: warn },
  });
  const stored = {
    server: { id: 'a' },
    launch: { projectOptions: { 'health-probe:http': { roles: ['startup'], path: '/live' } } },
  };
  const recalled = context.recallProject(stored as never);
  expect(recalled.liveness).toEqual(context.liveness);
  expect(recalled.plugins.all('health-probe')).toEqual(context.plugins.all('health-probe'));
  expect(warnings).toEqual(['Server a goes on without what its project has set of health-probe:http']);
});

// See plugins.test-d.ts.
import { ProjectRunnerError } from '@project-runner/core';
import type {
  ErrorCode,
  HealthProbePlugin,
  LogSinkPlugin,
  PluginSet,
  ProjectRunner,
  RunningServer,
} from '@project-runner/core';
import { nodeServer } from '@project-runner/framework-node';
import { healthHttp } from '@project-runner/health-http';
import type { HealthHttpOptions } from '@project-runner/health-http';
import { logsFile } from '@project-runner/logs-file';
import {
  allowOptions,
  composePlugins,
  createProjectRunner,
  filterSink,
  optionRules,
} from '@project-runner/runner';
import type { AllowedOptions, LocalProcessRunner, OptionRule, RunnerConfig } from '@project-runner/runner';
import { expectTypeOf } from 'expect-type';

// The host's side.
expectTypeOf(createProjectRunner()).toEqualTypeOf<ProjectRunner>();
expectTypeOf<LocalProcessRunner>().toMatchTypeOf<ProjectRunner>();
expectTypeOf(composePlugins()).toEqualTypeOf<PluginSet>();
expectTypeOf<keyof RunningServer>().toEqualTypeOf<
  | 'id'
  | 'deploymentId'
  | 'buildId'
  | 'processId'
  | 'containerId'
  | 'host'
  | 'port'
  | 'healthStatus'
  | 'lastHealthCheck'
  | 'memoryUsageMb'
  | 'cpuPercent'
  | 'startedAt'
  | 'stoppedAt'
>();
declare const thrown: unknown;
if (ProjectRunnerError.is(thrown)) expectTypeOf(thrown.code).toEqualTypeOf<ErrorCode>();

// A wrapper knows its plugin by the key.
const config: RunnerConfig = {
  plugins: [healthHttp({ name: 'live', path: '/livez', roles: ['liveness'] }), false],
  without: ['log-sink:memory'],
  order: ['log-sink:file'],
  wrap: {
    'log-sink:file': (inner) => {
      expectTypeOf(inner).toEqualTypeOf<LogSinkPlugin>();
      return filterSink(inner, { stream: 'stderr', pattern: /error/ });
    },
    'health-probe:http': (inner) => {
      expectTypeOf(inner).toEqualTypeOf<HealthProbePlugin>();
      return inner;
    },
  },
};
createProjectRunner(config);
// @ts-expect-error no kind
createProjectRunner({ wrap: { 'logs:file': (inner: LogSinkPlugin) => inner } });
// @ts-expect-error another kind
createProjectRunner({ wrap: { 'log-sink:file': () => healthHttp() } });
// @ts-expect-error unknown key
createProjectRunner({ pluigns: [] });
// @ts-expect-error no stream
filterSink(logsFile({ dir: '/tmp' }), { stream: 'stdin' });
// @ts-expect-error unknown key
filterSink(logsFile({ dir: '/tmp' }), { streams: ['stderr'] });
// @ts-expect-error another kind
filterSink(healthHttp(), {});

// Rules fit the options of their factory.
expectTypeOf(optionRules.oneOf('a', 1)).toEqualTypeOf<OptionRule<'a' | 1>>();
expectTypeOf(
  allowOptions(nodeServer, {
    healthPath: optionRules.urlPath(),
    drainSeconds: optionRules.wholeNumber(1, 28),
    cwd: optionRules.oneOf('release', 'data'),
  }),
).toEqualTypeOf<AllowedOptions>();
allowOptions((own: HealthHttpOptions) => healthHttp({ timeoutMs: 2000, ...own }), {
  expectedStatus: optionRules.listOf(optionRules.wholeNumber(200, 599)),
});
allowOptions(nodeServer, {
  healthPath: { expected: 'one of ours', accepts: (value): value is string => value === '/ours' },
});
allowOptions(healthHttp, { path: optionRules.urlPath() }, { timeoutMs: 2000 });
// @ts-expect-error no option of this factory
allowOptions(healthHttp, {}, { timeout: 2000 });
// @ts-expect-error no option of this factory
allowOptions(nodeServer, { healthPaht: optionRules.urlPath() });
// @ts-expect-error a number is meant
allowOptions(nodeServer, { drainSeconds: optionRules.text() });
// @ts-expect-error any text is not one of two
allowOptions(nodeServer, { cwd: optionRules.text() });
// @ts-expect-error sinks serve all projects at once
allowOptions(logsFile, {});

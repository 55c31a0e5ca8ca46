// What plugin authors and hosts write, and what they must not be able to. Compiled with the sources by `pnpm types`, and
// with the packed packages by the oldest and the current TypeScript (scripts/types-problems.mjs).
import { PluginSet, pluginKey, wrap } from '@project-runner/core';
import type {
  FrameworkPlugin,
  HealthProbePlugin,
  LauncherPlugin,
  LogBatch,
  LogSinkPlugin,
  LogWriter,
  PackageManagerPlugin,
  Plugin,
  PluginKey,
  PluginKind,
  PluginOfKind,
  PortStrategyPlugin,
  ProbeRole,
} from '@project-runner/core';
import { expectTypeOf } from 'expect-type';

declare const probe: HealthProbePlugin;
declare const sink: LogSinkPlugin;
declare const plugin: Plugin;

// The kinds, and what each has to have: more is a new apiVersion.
expectTypeOf<PluginKind>().toEqualTypeOf<
  'package-manager' | 'health-probe' | 'log-sink' | 'port-strategy' | 'framework' | 'launcher'
>();
type Needed<P> = { [Name in keyof P]-?: object extends Pick<P, Name> ? never : Name }[keyof P];
type Own<P> = Exclude<Needed<P>, 'kind' | 'name' | 'apiVersion'>;
expectTypeOf<Own<PackageManagerPlugin>>().toEqualTypeOf<'detect' | 'install' | 'run'>();
expectTypeOf<Own<HealthProbePlugin>>().toEqualTypeOf<'check'>();
expectTypeOf<Own<LogSinkPlugin>>().toEqualTypeOf<'open'>();
expectTypeOf<Own<PortStrategyPlugin>>().toEqualTypeOf<'acquire'>();
expectTypeOf<Own<FrameworkPlugin>>().toEqualTypeOf<
  'detect' | 'build' | 'output' | 'start' | 'env' | 'drainSeconds'
>();
expectTypeOf<Own<LauncherPlugin>>().toEqualTypeOf<'launch'>();
expectTypeOf<Plugin['apiVersion']>().toEqualTypeOf<1>();
expectTypeOf<Needed<LogWriter>>().toEqualTypeOf<'write' | 'close'>();
expectTypeOf<PluginOfKind<'launcher'>>().toEqualTypeOf<LauncherPlugin>();
expectTypeOf<ProbeRole>().toEqualTypeOf<'startup' | 'readiness' | 'liveness'>();

// A plugin is a plain object; a typing error is an error.
const own: HealthProbePlugin = {
  kind: 'health-probe',
  name: 'own',
  apiVersion: 1,
  check: async ({ host, port, path }, signal) => {
    expectTypeOf(host).toEqualTypeOf<string>();
    expectTypeOf(port).toEqualTypeOf<number>();
    expectTypeOf(path).toEqualTypeOf<string>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    return { healthy: true };
  },
};
// @ts-expect-error another version
const other: HealthProbePlugin = { ...own, apiVersion: 2 };
// @ts-expect-error it has to check
const empty: HealthProbePlugin = { kind: 'health-probe', name: 'x', apiVersion: 1 };
const lines: LogSinkPlugin = {
  kind: 'log-sink',
  name: 'lines',
  apiVersion: 1,
  open: ({ serverId }) => ({
    write(batch) {
      expectTypeOf(batch).toEqualTypeOf<LogBatch>();
      for (const { text } of batch.lines()) expectTypeOf(text).toEqualTypeOf<string>();
      expectTypeOf(serverId).toEqualTypeOf<string>();
    },
    close() {},
  }),
};

// Keys and sets.
expectTypeOf(pluginKey(own)).toEqualTypeOf<PluginKey>();
const set = PluginSet.from([own, false, null, [lines, [undefined]]]);
expectTypeOf(set.get('log-sink:lines')).toEqualTypeOf<LogSinkPlugin>();
expectTypeOf(set.one('launcher')).toEqualTypeOf<LauncherPlugin>();
expectTypeOf(set.all('health-probe')).toEqualTypeOf<readonly HealthProbePlugin[]>();
expectTypeOf(set.reorder(['log-sink:lines']).without([])).toEqualTypeOf<PluginSet>();
// @ts-expect-error no kind
set.get('logs:lines');
// @ts-expect-error no kind
set.all('logs');

// Wrapping keeps the type, and takes what fits.
expectTypeOf(wrap(probe, { roles: ['liveness'] })).toEqualTypeOf<HealthProbePlugin>();
expectTypeOf(
  wrap(probe, (inner) => {
    expectTypeOf(inner).toEqualTypeOf<HealthProbePlugin>();
    return { check: async (target, signal) => inner.check({ ...target, path: '/deep' }, signal) };
  }),
).toEqualTypeOf<HealthProbePlugin>();
expectTypeOf(wrap(sink, { maxQueueBytes: 1024, read: undefined })).toEqualTypeOf<LogSinkPlugin>();
wrap(probe, () => ({ roles: ['startup', 'readiness'] }));
wrap(plugin, {});
// @ts-expect-error a typing error
wrap(probe, { chekc: probe.check });
// @ts-expect-error a typing error in what a function answers
wrap(probe, (inner) => ({ check: inner.check, chekc: inner.check }));
// @ts-expect-error the name stays
wrap(probe, { name: 'other' });
// @ts-expect-error the kind stays
wrap(probe, () => ({ kind: 'log-sink' }));
// @ts-expect-error of another kind
wrap(probe, { read: undefined });
// @ts-expect-error no role
wrap(probe, { roles: ['deadness'] });
// @ts-expect-error no role
wrap(probe, () => ({ roles: ['deadness'] }));
// @ts-expect-error another answer
wrap(probe, { check: () => true });
// @ts-expect-error it cannot be taken away
wrap(probe, { check: undefined });

export { empty, other };

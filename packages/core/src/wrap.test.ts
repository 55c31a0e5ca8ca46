import { describe, expect, it } from 'vitest';

import type { HealthProbePlugin, ProbeRole, ProbeTarget } from './health-probe-plugin.ts';
import type { LogSinkPlugin } from './log-sink-plugin.ts';
import { PluginSet } from './plugin-set.ts';
import { wrap } from './wrap.ts';

const signal = new AbortController().signal;
const target: ProbeTarget = { host: '127.0.0.1', port: 1, path: '/health' };

function probe(name = 'http'): HealthProbePlugin {
  return {
    kind: 'health-probe',
    name,
    apiVersion: 1,
    check: ({ path }) => Promise.resolve({ healthy: path === '/deep' }),
  };
}

const sink: LogSinkPlugin = {
  kind: 'log-sink',
  name: 'lines',
  apiVersion: 1,
  open: () => ({ write: () => undefined, close: () => undefined }),
  read: () => [],
};

describe('wrap', () => {
  it('keeps kind, name and slot, and leaves the plugin it was given as it is', async () => {
    const given = Object.freeze(probe());
    const wrapped = wrap(given, (inner) => ({
      check: (at, until) => inner.check({ ...at, path: '/deep' }, until),
    }));
    expect(await given.check(target, signal)).toEqual({ healthy: false });
    expect(await wrapped.check(target, signal)).toEqual({ healthy: true });
    const set = PluginSet.from([probe('a'), given, probe('z')], [wrapped]);
    expect(set.keys()).toEqual(['health-probe:a', 'health-probe:http', 'health-probe:z']);
    expect(set.get('health-probe:http')).toBe(wrapped);
  });

  it('keeps the methods of a class', async () => {
    class Probe implements HealthProbePlugin {
      readonly kind = 'health-probe';
      readonly name = 'mine';
      readonly apiVersion = 1;
      check(): Promise<{ healthy: boolean }> {
        return Promise.resolve({ healthy: true });
      }
    }
    const wrapped = wrap<HealthProbePlugin>(new Probe(), { roles: ['startup'] });
    expect(wrapped).toMatchObject({ name: 'mine', roles: ['startup'] });
    expect(await wrapped.check(target, signal)).toEqual({ healthy: true });
  });

  it('leaves private fields to the instance of a class, however often that is wrapped', async () => {
    abstract class Base {
      readonly #path: string;
      constructor(path: string) {
        this.#path = path;
      }
      get roles(): readonly ProbeRole[] {
        return this.#path === '' ? [] : ['startup'];
      }
      check({ path }: ProbeTarget): Promise<{ healthy: boolean }> {
        return Promise.resolve({ healthy: path === this.#path });
      }
    }
    class Probe extends Base implements HealthProbePlugin {
      readonly kind = 'health-probe';
      readonly name = 'mine';
      readonly apiVersion = 1;
      override check(at: ProbeTarget): Promise<{ healthy: boolean }> {
        return super.check(at);
      }
    }
    const given: HealthProbePlugin = new Probe('/health');
    const twice = wrap(wrap(given, {}), {});
    expect(twice).toBeInstanceOf(Probe);
    expect(twice.roles).toEqual(['startup']);
    expect(await twice.check(target, signal)).toEqual({ healthy: true });
    const other = wrap(twice, { roles: ['liveness'] });
    expect([other.roles, given.roles]).toEqual([['liveness'], ['startup']]);
    expect(await other.check(target, signal)).toEqual({ healthy: true });
    expect(wrap(given, { roles: undefined }).roles).toBeUndefined();
  });

  it('can be wrapped again, the last one outermost', async () => {
    const order: string[] = [];
    const noting = (inner: HealthProbePlugin, what: string): HealthProbePlugin =>
      wrap(inner, {
        check(at, until) {
          order.push(what);
          return inner.check(at, until);
        },
      });
    await noting(noting(probe(), 'inner'), 'outer').check(target, signal);
    expect(order).toEqual(['outer', 'inner']);
  });

  it('gives roles to a probe, a queue to a sink, and takes away what is optional', () => {
    expect(wrap(probe(), { roles: ['liveness'] }).roles).toEqual(['liveness']);
    const quiet = wrap(sink, { maxQueueBytes: 1024, read: undefined });
    expect(quiet).toMatchObject({ name: 'lines', maxQueueBytes: 1024 });
    expect(quiet.read).toBeUndefined();
  });

  it.each([
    [
      'a member that the kind does not have',
      { chekc: () => undefined },
      /\[health-probe:http\] chekc cannot be overridden; its members are check, roles/,
    ],
    ['its name', { name: 'other' }, /name cannot be overridden/],
    ['its kind', { kind: 'log-sink' }, /kind cannot be overridden/],
    ['__proto__', JSON.parse('{"__proto__": {"check": 1}}') as object, /__proto__ cannot be overridden/],
    ['a method that is none', { check: 'x' }, /check must be a function, found "x"/],
    ['a method that is taken away', { check: undefined }, /is missing check/],
    ['a list', [], /overrides must be an object of members, found a list/],
    ['nothing', null, /overrides must be an object of members, found null/],
    ['no role', { roles: [] }, /roles must be a list of startup, readiness, liveness; found none/],
    ['a strange role', { roles: ['readiness', 'deadness'] }, /found "deadness"/],
  ])('refuses %s', (_, overrides, message) => {
    for (const given of [overrides, () => overrides]) {
      expect(() => wrap(probe(), given as never)).toThrowError(message);
      expect(() => wrap(probe(), given as never)).toThrowError(
        expect.objectContaining({ code: 'PLUGIN_INVALID', plugin: 'health-probe:http' }) as Error,
      );
    }
  });

  it.each([0, -1, 1.5, Number.NaN, '1'])('refuses a queue of %s bytes', (maxQueueBytes) => {
    expect(() => wrap(sink, { maxQueueBytes: maxQueueBytes as number })).toThrowError(
      /\[log-sink:lines\] maxQueueBytes must be/,
    );
  });

  it('names the plugin whose overrides cannot be made, and keeps the cause', () => {
    const cause = new Error('no such thing');
    const fail = (): never => {
      throw cause;
    };
    expect(() => wrap(probe(), fail)).toThrowError(
      expect.objectContaining({ code: 'PLUGIN_FAILED', plugin: 'health-probe:http', cause }) as Error,
    );
  });

  it('refuses what is no plugin, with the words of the check', () => {
    expect(() => wrap(probe as never as HealthProbePlugin, {})).toThrowError(/found the function probe/);
  });
});

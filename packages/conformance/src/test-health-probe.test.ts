import { existsSync } from 'node:fs';
import { Agent, get } from 'node:http';
import type { RequestOptions } from 'node:http';
import { connect } from 'node:net';

import type { HealthProbePlugin, ProbeResult, ProbeTarget } from '@project-runner/core';
import { afterEach, describe, expect, it } from 'vitest';

import { factoryVariations } from './factory-variations.test-support.ts';
import type { Variation } from './factory-variations.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testHealthProbe } from './test-health-probe.ts';

const timers: NodeJS.Timeout[] = [];
afterEach(() => timers.splice(0).forEach(clearInterval));

/** A probe by `node:http` whose connection is closed with the answer. */
function mem(
  change: (good: HealthProbePlugin['check']) => HealthProbePlugin['check'] = (good) => good,
): HealthProbePlugin {
  return {
    kind: 'health-probe',
    name: 'mem',
    apiVersion: 1,
    check: change((target, signal) => look(target, signal)),
  };
}

async function look(
  target: ProbeTarget,
  signal: AbortSignal,
  options: RequestOptions = {},
): Promise<ProbeResult> {
  try {
    const status = await statusOf(target, { agent: false, signal, ...options });
    if (status === 200 || (status === 404 && target.optionalPath)) return { healthy: true };
    return { healthy: false, message: `status ${status}` };
  } catch (error) {
    return { healthy: false, message: String(error) };
  }
}

function statusOf({ host, port, path, socketPath }: ProbeTarget, options: RequestOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const where = socketPath === undefined ? { host, port } : { socketPath };
    const request = get({ ...where, path, ...options });
    request.once('error', reject);
    request.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
  });
}

/** Only looks whether somebody accepts. */
function tcp(): HealthProbePlugin {
  return {
    kind: 'health-probe',
    name: 'tcp',
    apiVersion: 1,
    check: ({ host, port, socketPath }, signal) =>
      new Promise((resolve) => {
        const where = socketPath === undefined ? { host, port } : { path: socketPath };
        const socket = connect({ ...where, signal });
        socket.once('connect', () => socket.destroy());
        socket.once('error', (error) => resolve({ healthy: false, message: error.message }));
        socket.once('close', (failed) => (failed ? undefined : resolve({ healthy: true })));
      }),
  };
}

const suite =
  (create: () => HealthProbePlugin, http = true) =>
  (it: It): void =>
    testHealthProbe(it, { create, http });

/** Answers something else where a look ends in a certain way. */
const instead =
  (isMeant: (result: ProbeResult) => boolean, answer: (result: ProbeResult) => ProbeResult) => () =>
    mem((good) => async (target, signal) => {
      const result = await good(target, signal);
      return isMeant(result) ? answer(result) : result;
    });

const says =
  (text: string) =>
  ({ message = '' }: ProbeResult): boolean =>
    message.includes(text);
const well = (): ProbeResult => ({ healthy: true });
const fails = ({ message }: ProbeResult): never => {
  throw new Error(message);
};

const refusal = 'check: a refusal is an answer, not an exception';
const settles = 'check: settles soon after the signal aborts, without an exception';
const abortedBefore = 'check: settles at once with a signal that has aborted, without an exception';

const guess = 'check: with optionalPath "no such path" is well, but not of a path of its own';

const portOnly = (target: ProbeTarget): ProbeTarget => {
  const { socketPath: _, ...rest } = target;
  return rest;
};

const variations: readonly Variation<HealthProbePlugin>[] = [
  ...factoryVariations(mem, 'check', timers),
  [
    'check: a server that is well is healthy',
    /must find a server well that answers 200, found \{ healthy: false/,
    () =>
      mem((good) => async (target, signal) => {
        const result = await good(target, signal);
        return result.healthy && !target.optionalPath && !target.socketPath
          ? { healthy: false, message: 'not 204' }
          : result;
      }),
  ],
  [
    refusal,
    /\{ healthy: false, message \} instead of rejecting with Error: .*ECONNREFUSED/,
    instead(says('ECONNREFUSED'), fails),
  ],
  [
    refusal,
    /must answer \{ healthy: false \} where the connection is refused, found \{ healthy: true/,
    instead(says('ECONNREFUSED'), well),
  ],
  [
    refusal,
    /message must say what was seen where the connection is refused, found undefined/,
    instead(says('ECONNREFUSED'), () => ({ healthy: false })),
  ],
  [
    refusal,
    /must answer \{ healthy, message \}, found undefined/,
    instead(says('ECONNREFUSED'), () => undefined as never),
  ],
  [
    settles,
    /must settle soon, after its signal at the latest; waited for/,
    () =>
      mem((good) => (target, signal) => good(target, signal.aborted ? signal : new AbortController().signal)),
  ],
  [
    settles,
    /instead of rejecting with Error: late/,
    () =>
      mem((good) => async (target, signal) => {
        const before = signal.aborted;
        const result = await good(target, signal);
        if (signal.aborted && !before) throw new Error('late');
        return result;
      }),
  ],
  [
    abortedBefore,
    /instead of rejecting with AbortError/,
    () =>
      mem((good) => (target, signal) => {
        signal.throwIfAborted();
        return good(target, signal);
      }),
  ],
  [
    abortedBefore,
    /must settle soon, after its signal at the latest; waited for/,
    () =>
      mem((good) => (target, signal) => {
        if (!signal.aborted) return good(target, signal);
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ healthy: false, message: 'aborted' }));
        });
      }),
  ],
  [
    'check: leaves no connection open that would hold up a drain',
    /must close its connection before it settles, found 1 open/,
    () => mem(() => (target, signal) => look(target, signal, { agent: new Agent({ keepAlive: true }) })),
  ],
  [
    'check: leaves no connection open to a server that says nothing',
    /must close its connection where its signal aborts, too, found 1 open/,
    () =>
      mem((good) => (target, signal) => {
        const aborted = new Promise<ProbeResult>((resolve) => {
          const answer = (): void => resolve({ healthy: false, message: 'aborted' });
          if (signal.aborted) answer();
          signal.addEventListener('abort', answer);
        });
        return Promise.race([good(target, new AbortController().signal), aborted]);
      }),
  ],
  [
    'check: asks for the path of the target, or its own, once',
    /for \/own, the path of the plugin; found \[ '\/up\?deep=1' \]/,
    () => ({
      ...mem((good) => (target, signal) => good({ ...target, optionalPath: false }, signal)),
      path: '/own',
    }),
  ],
  [
    'check: asks for the path of the target, or its own, once',
    /must ask once .* for \/up\?deep=1, the path of the target .*; found \[ '\/' \]/,
    () => mem((good) => (target, signal) => good({ ...target, path: '/' }, signal)),
  ],
  [
    'check: asks for the path of the target, or its own, once',
    /asking again is up to the runner\).*; found \[ '\/up\?deep=1', '\/up\?deep=1' \]/,
    () =>
      mem((good) => async (target, signal) => {
        const result = await good(target, signal);
        return result.healthy ? result : good(target, signal);
      }),
  ],
  [
    'check: status 500 is unhealthy and is named',
    /must answer \{ healthy: false \} where the status is 500, found \{ healthy: true/,
    instead(says('500'), well),
  ],
  [
    'check: status 500 is unhealthy and is named',
    /message must name the status 500, found 'not well'/,
    instead(says('500'), () => ({ healthy: false, message: 'not well' })),
  ],
  [
    'check: a connection that ends without an answer is unhealthy',
    /where the server closes the connection without an answer, found \{ healthy: true/,
    instead(says('socket hang up'), well),
  ],
  [
    'check: a path that is not there is unhealthy',
    /where the status is 404 and the path is no guess, found \{ healthy: true/,
    instead(says('404'), well),
  ],
  [
    guess,
    /must answer \{ healthy: false \} where the status is 404 for \/own, the path of the plugin, .*found \{ healthy: true/,
    () => ({
      ...mem((good) => (target, signal) => good({ ...target, path: '/own' }, signal)),
      path: '/own',
    }),
  ],
  [
    guess,
    /take status 404 as well where target\.optionalPath is set, found \{ healthy: false/,
    () =>
      mem((good) => (target, signal) => {
        const { optionalPath: _, ...rest } = target;
        return good(rest, signal);
      }),
  ],
  [
    'socketPath: is asked in place of the port',
    /must ask the unix socket socketPath in place of the port.*\(say sockets: false .*found \{\s+healthy: false/,
    () =>
      mem((good) => (target, signal) => {
        // Who is not there on its own path is not asked for on the port, so only one of two checks can tell.
        const isThere = target.socketPath !== undefined && existsSync(target.socketPath);
        return good(isThere ? portOnly(target) : target, signal);
      }),
  ],
  [
    'socketPath: a server that is not there yet is unhealthy, whoever answers on the port',
    /must answer \{ healthy: false \} where nobody answers on socketPath.*found \{ healthy: true/,
    () =>
      mem((good) => async (target, signal) => {
        const result = await good(target, signal);
        return result.healthy || target.socketPath === undefined ? result : good(portOnly(target), signal);
      }),
  ],
];

describe('testHealthProbe', () => {
  it('passes a correct plugin, of HTTP and of something else', async () => {
    expect(await failuresOf(suite(mem))).toEqual([]);
    expect(await failuresOf(suite(tcp, false))).toEqual([]);
  });

  it('passes a probe that asks a path of its own and says so', async () => {
    const own = (): HealthProbePlugin => ({
      ...mem((good) => (target, signal) => good({ ...target, path: '/own', optionalPath: false }, signal)),
      path: '/own',
    });
    expect(await failuresOf(suite(own))).toEqual([]);
  });

  it('passes a probe that knows ports only and says so, and finds one that asks sockets', async () => {
    const told =
      (create: () => HealthProbePlugin): ((it: It) => void) =>
      (it) =>
        testHealthProbe(it, { create, http: true, sockets: false });
    const onPorts = (): HealthProbePlugin =>
      mem((good) => (target, signal) => good(portOnly(target), signal));
    expect(await failuresOf(told(onPorts))).toEqual([]);
    expect(await failuresOf(told(mem))).toEqual([
      {
        check: 'socketPath: is declared where the probe asks it',
        message: expect.stringMatching(/told sockets: false, and check finds a server well .*leave it out/),
      },
    ]);
  });

  it('has a broken plugin for each check', () => {
    const names = checksOf(suite(mem)).map(({ name }) => name);
    expect(new Set(variations.map(([check]) => check))).toEqual(new Set(names));
  });

  it.concurrent.each(variations)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(suite(create))).toEqual([{ check, message: expect.stringMatching(message) }]);
  });
});

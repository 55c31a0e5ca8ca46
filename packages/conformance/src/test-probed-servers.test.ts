import { EventEmitter, once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import type { HealthProbePlugin, ProbeResult } from '@project-runner/core';
import { afterEach, describe, expect, it } from 'vitest';

import { failuresOf } from './run-suite.test-support.ts';
import type { StartProbedServer } from './started-server.ts';
import type { It } from './suite.ts';
import { testHealthProbe } from './test-health-probe.ts';

const left: Socket[] = [];
afterEach(() => left.splice(0).forEach((socket) => socket.destroy()));

/** Speaks a protocol of its own: whoever connects is told how it is. */
const telling =
  (word: string): StartProbedServer =>
  async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume().write(word);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    return { port, close: () => void server.close() };
  };

const look: HealthProbePlugin['check'] = async ({ host, port, socketPath }, signal) => {
  const socket = connect(socketPath === undefined ? { host, port } : { path: socketPath });
  left.push(socket);
  // What an HTTP server answers, too, so that a look settles there whatever its signal does.
  socket.write('how are you?\r\n\r\n');
  try {
    const [word] = (await once(socket, 'data', { signal })) as [Buffer];
    const healthy = word.toString() === 'up';
    return healthy ? { healthy } : { healthy, message: `it says ${word.toString()}` };
  } catch (error) {
    return { healthy: false, message: String(error) };
  } finally {
    socket.destroy();
  }
};

const probe = (check: HealthProbePlugin['check'] = look) => ({
  create: (): HealthProbePlugin => ({ kind: 'health-probe', name: 'word', apiVersion: 1, check }),
  http: false,
});

const suite =
  (check?: HealthProbePlugin['check'], well = telling('up')) =>
  (it: It): void =>
    testHealthProbe(it, { ...probe(check), servers: { well, unwell: telling('down') } });

describe('testHealthProbe with servers of its own', () => {
  it('passes a correct probe, which finds no HTTP server well', async () => {
    expect(await failuresOf(suite())).toEqual([]);
    const withoutServers = (change: HealthProbePlugin['check']): Promise<readonly unknown[]> =>
      failuresOf((it) => testHealthProbe(it, probe(change)));
    const hint = /; give the suite `servers: \{ well \}` where the probe speaks something else than HTTP/;
    const failure = {
      check: 'check: a server that is well is healthy',
      message: expect.stringMatching(hint) as string,
    };
    expect(await withoutServers(look)).toContainEqual(failure);
    const waits = once(new EventEmitter(), 'word').then(() => ({ healthy: true }));
    expect(await withoutServers(() => waits)).toContainEqual(failure);
  });

  const well = (): ProbeResult => ({ healthy: true });
  it.each<[check: string, message: RegExp, suite: (it: It) => void]>([
    [
      'check: a server that is well is healthy',
      /must find a server well that `servers\.well` started, found \{ healthy: false, message: 'it says down' \}/,
      suite(look, telling('down')),
    ],
    [
      'check: a server that is not well is unhealthy',
      /must answer \{ healthy: false \} for a server that `servers\.unwell` started, found \{ healthy: true \}/,
      suite(async (target, signal) => {
        const result = await look(target, signal);
        return result.message?.includes('down') ? well() : result;
      }),
    ],
    [
      'check: settles soon after the signal aborts, without an exception',
      /must settle soon, after its signal at the latest; waited for/,
      suite((target, signal) => look(target, signal.aborted ? signal : new AbortController().signal)),
    ],
    [
      'check: leaves no connection open that would hold up a drain',
      /must close its connection before it settles, found 1 open/,
      suite(async (target, signal) => {
        const result = await look(target, signal);
        if (!result.healthy) return result;
        const kept = connect({ host: target.host, port: target.port });
        // Its server ends before the test does.
        kept.on('error', () => undefined);
        left.push(kept);
        return result;
      }),
    ],
    [
      'http: is declared where the probe speaks it',
      /told http: false, and the plugin has the path \/up, which only .*: leave path out, or say http: true/,
      (it) => testHealthProbe(it, { ...probe(), create: () => ({ ...probe().create(), path: '/up' }) }),
    ],
    [
      'http: is declared where the probe speaks it',
      /told http: false, and check asked an HTTP server for \/health: say http: true/,
      suite(async (target, signal) => {
        const result = await look(target, signal);
        if (!signal.aborted)
          await fetch(`http://${target.host}:${target.port}${target.path}`, { signal }).catch(() => null);
        return result;
      }),
    ],
  ])('finds with "%s" what should read %s', async (check, message, broken) => {
    expect(await failuresOf(broken)).toContainEqual({ check, message: expect.stringMatching(message) });
  });
});

import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { PortStrategyPlugin } from '@project-runner/core';
import { afterEach, describe, expect, it } from 'vitest';

import { heldPorts } from './held-ports.test-support.ts';
import type { HeldPortsBreaks } from './held-ports.test-support.ts';
import { memoryPorts } from './memory-ports.test-support.ts';
import { checksOf, failuresOf } from './run-suite.test-support.ts';
import type { It } from './suite.ts';
import { testPortStrategy } from './test-port-strategy.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

const suite =
  (create: () => PortStrategyPlugin, holds?: boolean) =>
  (it: It): void =>
    testPortStrategy(it, { create, ...(holds === undefined ? {} : { holds }) });

/** Most checks start processes, so only the one that is meant is run. */
const only =
  (name: string, whole: (it: It) => void) =>
  (it: It): void =>
    whole((check, fn) => (check === name ? it(check, fn) : undefined));

const broken = (breaks: HeldPortsBreaks) => (): PortStrategyPlugin => heldPorts(breaks);
const holdsNone = broken({ hold: () => null });

const told = 'hold: a strategy that has it says whether it holds sockets here';
const answers = 'hold: answers sockets, and prepare what Node takes them with';
const inherits = 'hold: a server inherits the port, and answers there and on socketPath';
const takesNoOrder = 'activate: rejects where the server does not take the order';
const released = 'release: the last lease of a held port gives its socket back, no other';

type HeldVariation = readonly [check: string, message: RegExp, create: () => PortStrategyPlugin];

const variations: readonly HeldVariation[] = [
  [
    'share: nobody with another key gets the port',
    /with the same share only, found \d+ leased to another key, too/,
    broken({ key: () => 'all' }),
  ],
  [
    'share: nobody with another key gets the port',
    /with the same share only, found \d+ leased to a request without share, too/,
    () => heldPorts({ request: asIfOfTheFirst() }),
  ],
  [
    'share: an excluded port is not shared',
    /must pass over the ports of exclude also where the key has one of them, found \d+ again/,
    broken({ request: (request) => ({ ...request, exclude: [] }) }),
  ],
  [
    answers,
    /fds must be descriptors of sockets of this process, at least one; found \[\]/,
    broken({ hold: (hold) => ({ ...hold(), fds: [] }) as never }),
  ],
  [
    answers,
    /fds must be descriptors of sockets of this process, at least one; found \[ 99999 \]/,
    broken({ hold: (hold) => ({ ...hold(), fds: [99_999] }) as never }),
  ],
  [
    answers,
    /must answer args, a list of strings, for Node; found undefined/,
    broken({ start: () => ({ args: undefined }) }),
  ],
  [answers, /env\.FD must be a string, found 3/, broken({ start: () => ({ env: { FD: 3 } }) })],
  [
    answers,
    /must answer activate, a function; found undefined/,
    broken({ start: () => ({ activate: undefined }) }),
  ],
  [
    inherits,
    /must answer on socketPath, found Error: connect ENOENT/,
    broken({ order: (server) => ({ ...server, socketPath: `${server.socketPath}-of-its-own` }) }),
  ],
  [
    inherits,
    /must answer on socketPath, found that it accepts, and answers nothing/,
    broken({ order: (server) => ({ ...server, mute: true }) }),
  ],
  [
    inherits,
    /must answer on socketPath, found that it ended: .*bad option/,
    broken({ start: () => ({ args: ['--no-such-option'] }) }),
  ],
  [
    inherits,
    /must answer on its held port after activate, found 'Error: connect ECONNREFUSED/,
    broken({ order: (server) => ({ ...server, standby: true }) }),
  ],
  [
    'hold: who comes while no server is there waits for the next one',
    /nobody must be refused after the server of a held socket was killed, found Error: .*ECONNREFUSED/,
    broken({ order: (server) => ({ ...server, binds: true }) }),
  ],
  [
    'standby: a server accepts nothing before activate',
    /must accept nothing before activate where its port has another server, found that it answers/,
    broken({ order: (server) => ({ ...server, standby: false }) }),
  ],
  [
    takesNoOrder,
    /activate must resolve or reject, soon after its signal aborts at the latest, which it did after 1500 ms; waited for/,
    broken({
      start: ({ activate }) => ({
        activate: (signal: AbortSignal) => activate(signal).catch(() => new Promise(() => undefined)),
      }),
    }),
  ],
  [
    takesNoOrder,
    /must reject where the server in standby is gone.*found that it resolves/,
    broken({
      start: ({ activate }) => ({ activate: (signal: AbortSignal) => activate(signal).catch(() => null) }),
    }),
  ],
  [
    'hold: never fails where somebody else has the port',
    /hold must answer null, not fail, where the port was taken meanwhile/,
    broken({
      hold(hold) {
        const socket = hold();
        if (!socket) throw new Error('EADDRINUSE');
        return socket;
      },
    }),
  ],
  [
    released,
    /must close the held socket, found that 127\.0\.0\.1:\d+ cannot be bound: .*EADDRINUSE/,
    broken({ closesAt: -1 }),
  ],
  [
    released,
    /nobody must be refused while a lease of a held port is there, found Error: .*ECONNREFUSED/,
    broken({ closesAt: 1 }),
  ],
  [
    released,
    /nobody must be refused while a lease of a held port is there, found Error: .*ECONNREFUSED/,
    broken({ releasesTwice: true }),
  ],
];

/** Takes who has no key for who had the first one. */
function asIfOfTheFirst(): NonNullable<HeldPortsBreaks['request']> {
  let first = '';
  return (request) => {
    first ||= request.share ?? '';
    return { ...request, share: request.share ?? first };
  };
}

// Windows passes no descriptors on.
describe.skipIf(process.platform === 'win32')('testPortStrategy of a strategy that holds sockets', () => {
  it('passes a correct plugin', async () => {
    expect(await failuresOf(suite(heldPorts, true))).toEqual([]);
  });

  it('passes one that has no more than the two ports it says', async () => {
    const create = broken({ most: 2 });
    expect(await failuresOf((it) => testPortStrategy(it, { create, ports: 2, holds: true }))).toEqual([]);
  });

  it('passes one that never leases a port twice', async () => {
    let calls = 0;
    const create = broken({ key: (share) => `${share} ${(calls += 1)}` });
    expect(await failuresOf(suite(create, true))).toEqual([]);
  });

  it('passes one whose activate tries until its signal aborts', async () => {
    const create = broken({
      start: ({ activate }) => ({
        async activate(signal: AbortSignal) {
          for (;;) {
            try {
              return await activate(signal);
            } catch {
              await delay(50, undefined, { signal });
            }
          }
        },
      }),
    });
    expect(await failuresOf(only(takesNoOrder, suite(create, true)))).toEqual([]);
  });

  it('passes one that holds no socket on this platform', async () => {
    expect(await failuresOf(suite(holdsNone, false))).toEqual([]);
  });

  it.each([
    [undefined, 'a socket', heldPorts],
    [undefined, 'hold\\(\\) null', holdsNone],
    [true, 'no hold', () => memoryPorts()],
    [true, 'hold\\(\\) null', holdsNone],
    [false, 'a socket', heldPorts],
  ])('finds that holds: %s does not fit %s', async (holds, found, create) => {
    const message = new RegExp(`told holds: ${holds}, found ${found} in the lease.*; say holds: true`);
    expect(await failuresOf(only(told, suite(create, holds)))).toEqual([
      { check: told, message: expect.stringMatching(message) },
    ]);
  });

  it('finds that a socket is in the way of a server which is to bind the port', async () => {
    const check = 'hold: null leaves the port for the server to bind';
    const range = memoryPorts();
    const create = (): PortStrategyPlugin => ({
      ...range,
      async acquire(request, signal) {
        const lease = await range.acquire(request, signal);
        const server = createServer();
        servers.push(server);
        await new Promise<void>((resolve) => server.listen(lease.port, lease.host, resolve));
        return { ...lease, hold: () => null };
      },
    });
    expect(await failuresOf(only(check, suite(create, false)))).toEqual([
      { check, message: expect.stringMatching(/where hold\(\) answers null .* found Error: .*EADDRINUSE/) },
    ]);
  });

  it('has a broken plugin for each check', () => {
    const proved = new Set([told, ...variations.map(([check]) => check)]);
    const ofAny = new Set(checksOf(suite(memoryPorts)).map(({ name }) => name));
    const names = checksOf(suite(heldPorts, true)).map(({ name }) => name);
    expect(names.filter((name) => !ofAny.has(name) && !proved.has(name))).toEqual([]);
    expect([...proved].filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(variations)('finds with "%s" what should read %s', async (check, message, create) => {
    expect(await failuresOf(only(check, suite(create, true)))).toEqual([
      { check, message: expect.stringMatching(message) },
    ]);
  });
});

import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type { HealthProbePlugin } from '@project-runner/core';

import { assertUnhealthy, check } from './look-at-server.ts';
import { refusingPort, withServer, withSilentServer } from './probed-server.ts';
import { withStarted } from './started-server.ts';
import type { Reachable, StartProbedServer } from './started-server.ts';
import type { It } from './suite.ts';
import { testFactory } from './test-factory.ts';
import { testProbedSocket } from './test-probed-socket.ts';

export interface TestHealthProbeOptions {
  create(): HealthProbePlugin;
  /** The probe speaks HTTP, so paths and status codes mean something to it. */
  http: boolean;
  /** Servers that speak what the probe speaks, where that is neither HTTP nor nothing at all. @default HTTP servers */
  servers?: ProbedServers;
  /**
   * The probe asks `socketPath` of its target in place of the port. `false` of one that knows ports only: where servers
   * share a port, which `ports-held` lets them, it may ask another one. @default true
   */
  sockets?: boolean;
}

export interface ProbedServers {
  /** Starts a server that is well. */
  well: StartProbedServer;
  /** Starts one that answers, and is not well. */
  unwell?: StartProbedServer;
}

/** With a server that is well, on a port or on a path. */
export type WithWell = <T>(use: (server: Reachable) => Promise<T>, path?: string) => Promise<T>;

type Answer = Parameters<typeof withServer>[0];

/** When the signal of a look that leads nowhere aborts. */
const abortMs = 300;

const well: Answer = (_, response) => response.end('ok');
const status =
  (code: number): Answer =>
  (_, response) => {
    response.statusCode = code;
    response.end();
  };

/** Proves a health-probe plugin against real sockets. */
export function testHealthProbe(
  it: It,
  { create, http, servers, sockets = true }: TestHealthProbeOptions,
): void {
  const withWell: WithWell = (use, path) =>
    servers ? withStarted(servers.well, use, path) : withServer(well, use, path);
  const whatIsWell = servers ? 'that `servers.well` started' : 'that answers 200';
  const hint =
    http || servers
      ? ''
      : '; give the suite `servers: { well }` where the probe speaks something else than HTTP';

  testFactory(it, {
    kind: 'health-probe',
    create,
    use: (plugin) => withWell(({ port }) => check(plugin, { port })),
  });

  it('check: a server that is well is healthy', async () => {
    const never = new AbortController().signal;
    const result = await withWell(({ port }) => check(create(), { port }, never, hint));
    assert.equal(
      result.healthy,
      true,
      `check must find a server well ${whatIsWell}, found ${inspect(result)}${hint}`,
    );
  });

  const { unwell } = servers ?? {};
  if (unwell) {
    it('check: a server that is not well is unhealthy', async () => {
      const result = await withStarted(unwell, ({ port }) => check(create(), { port }));
      assertUnhealthy(result, 'for a server that `servers.unwell` started');
    });
  }

  it('check: a refusal is an answer, not an exception', async () => {
    assertUnhealthy(await check(create(), { port: await refusingPort() }), 'where the connection is refused');
  });

  it('check: settles soon after the signal aborts, without an exception', async () => {
    if (!http) {
      // An answer in HTTP may be enough for it to settle; only silence shows whether the signal ends it.
      await withSilentServer(({ port }) => check(create(), { port }, AbortSignal.timeout(abortMs)));
      return;
    }
    const abort = new AbortController();
    const result = await withServer(
      () => abort.abort(),
      ({ port }) => {
        // A probe that never sends a request is ended, too.
        const timer = setTimeout(() => abort.abort(), 500);
        return check(create(), { port }, abort.signal).finally(() => clearTimeout(timer));
      },
    );
    assertUnhealthy(result, 'where the server does not answer in time');
  });

  it('check: settles at once with a signal that has aborted, without an exception', async () => {
    await withServer(
      () => undefined,
      ({ port }) => check(create(), { port }, AbortSignal.abort()),
    );
  });

  it('check: leaves no connection open that would hold up a drain', async () => {
    await withWell(async (server) => {
      await check(create(), { port: server.port });
      const open = await server.openConnections();
      assert.equal(open, 0, `check must close its connection before it settles, found ${open} open`);
    });
  });

  it('check: leaves no connection open to a server that says nothing', async () => {
    await withSilentServer(async (server) => {
      const looked = check(create(), { port: server.port }, AbortSignal.timeout(abortMs));
      // A look that does not end, or with an exception, is told by the check that is about it.
      if (!(await looked.catch(() => null))) return;
      const open = await server.openConnections();
      assert.equal(
        open,
        0,
        `check must close its connection where its signal aborts, too, found ${open} open to a server that accepts and says nothing`,
      );
    });
  });

  testProbedSocket(it, { create, withWell, sockets });

  if (!http) {
    it('http: is declared where the probe speaks it', async () => {
      const { path } = create();
      assert.equal(
        path,
        undefined,
        `the suite was told http: false, and the plugin has the path ${path}, which only a probe that speaks HTTP asks for: leave path out, or say http: true`,
      );
      const asked = await withServer(well, async ({ port, paths }) => {
        await check(create(), { port }, AbortSignal.timeout(abortMs));
        return paths;
      });
      assert.deepEqual(
        asked,
        [],
        `the suite was told http: false, and check asked an HTTP server for ${asked[0]}: say http: true, so that paths and status codes are looked at, too`,
      );
    });
    return;
  }

  it('check: asks for the path of the target, or its own, once', async () => {
    await withServer(status(500), async ({ port, paths }) => {
      const plugin = create();
      const wanted = plugin.path ?? '/up?deep=1';
      await check(plugin, { port, path: '/up?deep=1' });
      assert.deepEqual(
        paths,
        [wanted],
        `check must ask once (asking again is up to the runner) for ${wanted}, the path of ${plugin.path === undefined ? 'the target (one of its own is to be the member path)' : 'the plugin'}; found ${inspect(paths)}`,
      );
    });
  });

  it('check: status 500 is unhealthy and is named', async () => {
    const result = await withServer(status(500), ({ port }) => check(create(), { port }));
    assertUnhealthy(result, 'where the status is 500');
    assert.match(
      result.message ?? '',
      /500/,
      `message must name the status 500, found ${inspect(result.message)}`,
    );
  });

  it('check: a connection that ends without an answer is unhealthy', async () => {
    const result = await withServer(
      (request) => request.socket.destroy(),
      ({ port }) => check(create(), { port }),
    );
    assertUnhealthy(result, 'where the server closes the connection without an answer');
  });

  it('check: a path that is not there is unhealthy', async () => {
    const result = await withServer(status(404), ({ port }) => check(create(), { port }));
    assertUnhealthy(result, 'where the status is 404 and the path is no guess');
  });

  it('check: with optionalPath "no such path" is well, but not of a path of its own', async () => {
    const plugin = create();
    const result = await withServer(status(404), ({ port }) => check(plugin, { port, optionalPath: true }));
    if (plugin.path !== undefined) {
      assertUnhealthy(
        result,
        `where the status is 404 for ${plugin.path}, the path of the plugin, which target.optionalPath is not about`,
      );
      return;
    }
    assert.equal(
      result.healthy,
      true,
      `check must take status 404 as well where target.optionalPath is set, found ${inspect(result)}`,
    );
  });
}

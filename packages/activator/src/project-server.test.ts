import { ProjectRunnerError } from '@project-runner/core';
import type { RunningServer, ServerState } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import type { EvictedRequests } from './evict.ts';
import { ProjectServer } from './project-server.ts';
import { StartPause } from './start-pause.ts';

/** A runner that does what a test says, one step after the other; what real ones do is tested end to end. */
function scripted(): {
  server: ProjectServer;
  starts: PromiseWithResolvers<RunningServer>[];
  stops: PromiseWithResolvers<void>[];
  /** The runner says so of the present server. */
  becomes(state: ServerState, event?: 'ready' | 'settled' | 'crashed' | 'restarting'): void;
  /** The start that is under way comes through. */
  started(): Promise<void>;
} {
  const starts: PromiseWithResolvers<RunningServer>[] = [];
  const stops: PromiseWithResolvers<void>[] = [];
  let state: ServerState = 'starting';
  const record = (): RunningServer => ({
    id: `server-${starts.length}`,
    deploymentId: 'shop',
    buildId: 'shop',
    processId: 7000 + starts.length,
    containerId: null,
    host: '127.0.0.1',
    port: 4000,
    healthStatus: 'healthy',
    lastHealthCheck: null,
    memoryUsageMb: null,
    cpuPercent: null,
    startedAt: new Date(),
    stoppedAt: null,
  });
  const server = new ProjectServer({
    projectId: 'shop',
    subdomain: () => null,
    pause: new StartPause({
      policy: 'never',
      initialDelayMs: 60_000,
      maxDelayMs: 60_000,
      jitter: 0,
      stableMs: 0,
      maxRestarts: 0,
      windowMs: 0,
    }),
    config: () => ({ dir: '/shop' }),
    command: () => Promise.reject(new Error('nothing is started here')),
    runner: {
      deployCommand(_deployment, _command, options) {
        state = 'starting';
        const start = Promise.withResolvers<RunningServer>();
        starts.push(start);
        options?.signal?.addEventListener('abort', () =>
          start.reject(new ProjectRunnerError('DEPLOY_CANCELLED', 'cancelled')),
        );
        return start.promise;
      },
      stop() {
        const stop = Promise.withResolvers<void>();
        stops.push(stop);
        return stop.promise;
      },
      getServerStatus: () => ({
        state,
        restarts: 3,
        lastExit: null,
        lastError: 'it fell',
        lastLines: [],
        nextStartAt: null,
        limits: {},
      }),
    },
  });
  return {
    server,
    starts,
    stops,
    becomes(next, event) {
      state = next;
      if (event) server.heard({ name: event, server: record() });
    },
    async started() {
      const ready = record();
      server.heard({ name: 'spawned', server: ready });
      state = 'ready';
      server.heard({ name: 'ready', server: ready });
      starts.at(-1)?.resolve(ready);
      await new Promise(setImmediate);
    },
  };
}

/** Of a router that does what a test says. */
function requests(
  takeAway = (): Promise<boolean> => Promise.resolve(true),
  others: Partial<EvictedRequests> = {},
): EvictedRequests {
  const cutOff = (): Promise<void> => Promise.resolve();
  return { takeAway, giveBack: () => Promise.resolve(true), cutOff, isHeld: () => false, ...others };
}

describe('ProjectServer', () => {
  it('tells of a server that ended before its start was answered', async () => {
    const { server, starts, becomes } = scripted();
    const running = server.ensureRunning();
    becomes('exited');
    starts[0]?.resolve({ id: 'server-1' } as RunningServer);
    await expect(running).rejects.toMatchObject({ code: 'SERVER_EXITED' });
    expect(server.status()).toMatchObject({ status: 'error', pid: null, agentPort: null });
    expect(() => server.mustBeWorthAStart()).toThrow(/was given up/);
  });

  it('a stop that failed is told, and the next start may go on from there', async () => {
    const { server, stops, starts, started } = scripted();
    const first = server.ensureRunning();
    await started();
    await first;
    const stopped = server.stop();
    await new Promise(setImmediate);
    expect(server.status().status).toBe('stopping');
    stops[0]?.reject(new Error('two survived'));
    await expect(stopped).rejects.toThrow('two survived');
    expect(server.status()).toMatchObject({ status: 'error', lastError: 'two survived' });
    const again = server.ensureRunning();
    await started();
    await again;
    expect(starts).toHaveLength(2);
    expect(server.status()).toMatchObject({ status: 'running', pid: 7002 });
  });

  it('that is wanted again while a request keeps it from being evicted runs on', async () => {
    const { server, stops, starts, started } = scripted();
    const first = server.ensureRunning();
    await started();
    await first;
    const release = Promise.withResolvers<boolean>();
    const evicted = server.evict(requests(() => release.promise));
    expect(await server.evict(requests(() => Promise.reject(new Error('not twice'))))).toBe(false);
    const wanted = server.ensureRunning();
    release.resolve(false);
    expect(await evicted).toBe(false);
    await wanted;
    expect([starts.length, stops.length]).toEqual([1, 0]);
    expect(server.isServing).toBe(true);
  });

  it('that is wanted while it is evicted is started again when that is over', async () => {
    const { server, stops, starts, started } = scripted();
    const first = server.ensureRunning();
    await started();
    await first;
    const evicted = server.evict(requests());
    await new Promise(setImmediate);
    const wanted = server.ensureRunning();
    await new Promise(setImmediate);
    expect([starts.length, stops.length, server.status().status]).toEqual([1, 1, 'stopping']);
    stops[0]?.resolve();
    expect(await evicted).toBe(true);
    await new Promise(setImmediate);
    await started();
    await wanted;
    expect(server.status()).toMatchObject({ status: 'running', pid: 7002 });
  });

  it.each(['touched', 'held', 'asked for'])(
    'that is %s while its route is taken away keeps it',
    async (how) => {
      const { server, stops, starts, started } = scripted();
      const first = server.ensureRunning();
      await started();
      await first;
      const release = Promise.withResolvers<boolean>();
      const back = Promise.withResolvers<boolean>();
      const calls: string[] = [];
      const evicted = server.evict(
        requests(() => release.promise, {
          isHeld: () => how === 'held',
          giveBack: () => (calls.push('giveBack'), back.promise),
        }),
      );
      if (how === 'touched') server.touch();
      const wanted = how === 'asked for' ? server.ensureRunning() : Promise.resolve();
      release.resolve(true);
      await new Promise(setImmediate);
      expect(calls).toEqual(['giveBack']);
      expect(server.isServing).toBe(false);
      back.resolve(true);
      expect(await evicted).toBe(false);
      await wanted;
      expect([starts.length, stops.length]).toEqual([1, 0]);
      expect(server.isServing).toBe(true);
    },
  );

  it('that is wanted too late to have its route back is stopped', async () => {
    const { server, stops, started } = scripted();
    const first = server.ensureRunning();
    await started();
    await first;
    const held = { isHeld: () => true, giveBack: () => Promise.resolve(false) };
    const evicted = server.evict(requests(undefined, held));
    await new Promise(setImmediate);
    stops[0]?.resolve();
    expect(await evicted).toBe(true);
    expect(server.status().status).toBe('stopped');
  });

  it.each([
    ['ends', 'exited', 'settled', 0],
    ['is about to be settled', 'backoff', undefined, 1],
  ] as const)(
    'that %s while its route is given back does not keep it, whoever holds it',
    async (_, state, event, ends) => {
      const { server, stops, started, becomes } = scripted();
      const first = server.ensureRunning();
      await started();
      await first;
      const back = Promise.withResolvers<boolean>();
      let cuts = 0;
      const evicted = server.evict(
        requests(undefined, {
          isHeld: () => true,
          giveBack: () => back.promise,
          cutOff: () => Promise.resolve(void (cuts += 1)),
        }),
      );
      await new Promise(setImmediate);
      becomes(state, event);
      back.resolve(true);
      await new Promise(setImmediate);
      stops[0]?.resolve();
      expect(await evicted).toBe(true);
      expect([cuts, stops.length, server.isDown]).toEqual([1, ends, true]);
    },
  );

  it('whose process is gone does not have its route back, although the runner did not settle it yet', async () => {
    const { server, stops, started, becomes } = scripted();
    const first = server.ensureRunning();
    await started();
    await first;
    const release = Promise.withResolvers<boolean>();
    const calls: string[] = [];
    const giveBack = (): Promise<boolean> => (calls.push('giveBack'), Promise.resolve(true));
    const evicted = server.evict(requests(() => release.promise, { giveBack }));
    server.touch();
    becomes('backoff');
    release.resolve(true);
    await new Promise(setImmediate);
    stops[0]?.resolve();
    expect(await evicted).toBe(true);
    expect(calls).toEqual([]);
  });

  it('that is stopped while it is wanted and evicted is stopped', async () => {
    const { server, stops, started } = scripted();
    const first = server.ensureRunning();
    await started();
    await first;
    const release = Promise.withResolvers<boolean>();
    const evicted = server.evict(requests(() => release.promise, { isHeld: () => true }));
    const stopped = server.stop();
    release.resolve(true);
    await new Promise(setImmediate);
    stops[0]?.resolve();
    await Promise.all([evicted, stopped]);
    expect([stops.length, server.status().status]).toEqual([1, 'stopped']);
  });

  it('that is stopped while it is evicted stays stopped, whatever its router says', async () => {
    const { server, stops, started } = scripted();
    const first = server.ensureRunning();
    await started();
    await first;
    const release = Promise.withResolvers<boolean>();
    const evicted = server.evict(requests(() => release.promise));
    const stopped = server.stop();
    release.reject(new Error('the router was closed'));
    await expect(evicted).rejects.toThrow('the router was closed');
    await new Promise(setImmediate);
    stops[0]?.resolve();
    await stopped;
    expect(server.status()).toMatchObject({ status: 'stopped', lastError: null });
  });

  it('does not listen to what an earlier process left', async () => {
    const { server, started } = scripted();
    const first = server.ensureRunning();
    await started();
    await first;
    server.heard({ name: 'settled', server: { id: 'of-another-time' } as RunningServer });
    expect(server.status().status).toBe('running');
  });

  it('that ended by itself sleeps, and one that was given up says why', async () => {
    const { server, started, becomes } = scripted();
    const first = server.ensureRunning();
    await started();
    await first;
    becomes('exited', 'settled');
    expect(server.status()).toMatchObject({ status: 'stopped', lastError: null, restarts: 3 });
    const second = server.ensureRunning();
    await started();
    await second;
    becomes('backoff', 'restarting');
    expect(server.status().status).toBe('restarting');
    const waiting = server.ensureRunning();
    becomes('crashed', 'crashed');
    becomes('crashed', 'settled');
    await expect(waiting).rejects.toMatchObject({
      code: 'SERVER_EXITED',
      message: expect.stringMatching(/it fell/) as string,
    });
    expect(server.status()).toMatchObject({ status: 'error', lastError: 'it fell', agentPort: null });
  });
});

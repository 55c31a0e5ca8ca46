import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import type { HealthProbePlugin } from '@project-runner/core';

import { assertUnhealthy, check } from './look-at-server.ts';
import { refusingPort } from './probed-server.ts';
import type { It } from './suite.ts';
import type { WithWell } from './test-health-probe.ts';

interface TestProbedSocketOptions {
  create(): HealthProbePlugin;
  withWell: WithWell;
  sockets: boolean;
}

/** Servers that share a port are told apart by a unix socket of each. */
export function testProbedSocket(it: It, { create, withWell, sockets }: TestProbedSocketOptions): void {
  if (!sockets) {
    it('socketPath: is declared where the probe asks it', async () => {
      const port = await refusingPort();
      const result = await withSocketPath((socketPath) =>
        withWell(() => check(create(), { port, socketPath }), socketPath),
      );
      assert.equal(
        result.healthy,
        false,
        `the suite was told sockets: false, and check finds a server well that answers on socketPath only: leave it out, so that more is looked at; found ${inspect(result)}`,
      );
    });
    return;
  }

  it('socketPath: is asked in place of the port', async () => {
    const port = await refusingPort();
    const result = await withSocketPath((socketPath) =>
      withWell(() => check(create(), { port, socketPath }), socketPath),
    );
    assert.equal(
      result.healthy,
      true,
      `check must ask the unix socket socketPath in place of the port, where there is one (say sockets: false of a probe that knows ports only); found ${inspect(result)} of a server that is well there`,
    );
  });

  it('socketPath: a server that is not there yet is unhealthy, whoever answers on the port', async () => {
    const result = await withSocketPath((socketPath) =>
      withWell(({ port }) => check(create(), { port, socketPath })),
    );
    assertUnhealthy(result, 'where nobody answers on socketPath: on the port it may be another server');
  });
}

async function withSocketPath<T>(use: (path: string) => Promise<T>): Promise<T> {
  // A path of files has no sockets there.
  if (process.platform === 'win32') return use(`\\\\.\\pipe\\conformance-${randomUUID()}`);
  const dir = mkdtempSync(join(tmpdir(), 'probed-'));
  try {
    return await use(join(dir, 's'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

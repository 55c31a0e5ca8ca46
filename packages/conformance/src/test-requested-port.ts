import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import { ProjectRunnerError } from '@project-runner/core';

import { beforeServer } from './port-desk.ts';
import type { Desk, PortCheck } from './port-desk.ts';

/** `port` of a request is the one that a server is to have, and somebody has it. */
export function testRequestedPort(check: PortCheck): void {
  check('acquire: a port that is asked for is not leased while somebody else listens on it', (desk) =>
    beforeServer(desk, async (_, port) => {
      const lease = await desk.tryAcquire({ port });
      assert.equal(
        lease,
        null,
        `acquire must look (and await what it sees) whether the port asked for is free, and reject where another process listens on it; found ${lease?.port} leased for a request of ${port}`,
      );
    }),
  );

  check('acquire: the rejection of a port that is taken has the code PORT_UNAVAILABLE', async (desk) => {
    const { port } = await desk.acquire();
    assertCode(await rejectionOf(desk, port), 'leased');
    await beforeServer(desk, async (_, taken) =>
      assertCode(await rejectionOf(desk, taken), "another process's"),
    );
  });
}

/** `null` for a lease, which is told by the checks that are about it. */
async function rejectionOf({ acquire }: Desk, port: number): Promise<unknown> {
  try {
    await acquire({ port });
    return null;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return error;
  }
}

function assertCode(error: unknown, whose: string): void {
  if (error === null) return;
  const found = ProjectRunnerError.is(error) ? `the code ${error.code}` : inspect(error);
  assert.equal(
    found,
    'the code PORT_UNAVAILABLE',
    `acquire must reject with a ProjectRunnerError of the code PORT_UNAVAILABLE where the port asked for is ${whose}, found ${found}`,
  );
}

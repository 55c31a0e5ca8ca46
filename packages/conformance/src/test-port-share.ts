import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import type { PortLease } from '@project-runner/core';

import type { PortCheck } from './port-desk.ts';

/** Requests with `share` come to every strategy; those that cannot hold a socket treat them like any other. */
export function testPortShare(check: PortCheck): void {
  check(
    'share: leases of one key are of one port only where it has hold',
    async ({ acquire, tryAcquire }) => {
      const share = randomUUID();
      const first = await acquire({ share });
      const isHeld = first.hold?.();
      const second = await tryAcquire({ share });
      if (second?.port !== first.port) return;
      const found = isHeld ? whatIsHeld(second) : whatIsHeld(first);
      assert.equal(
        found,
        'a socket',
        `leases with the same share may be of one port only where hold() answers its socket: two servers cannot bind it; found ${first.port} leased twice and ${found}`,
      );
    },
  );

  check('share: nobody with another key gets the port', async ({ acquire }) => {
    const first = await acquire({ share: randomUUID() });
    first.hold?.();
    for (const request of [{ share: randomUUID() }, {}]) {
      const { port, release } = await acquire(request);
      // Given back at once: a strategy may have no third port.
      await release();
      const whom = 'share' in request ? 'another key' : 'a request without share';
      assert.notEqual(
        port,
        first.port,
        `a port may be leased again to requests with the same share only, found ${port} leased to ${whom}, too`,
      );
    }
  });

  check('share: an excluded port is not shared', async ({ acquire, tryAcquire }) => {
    const share = randomUUID();
    const first = await acquire({ share });
    first.hold?.();
    const second = await tryAcquire({ share, exclude: [first.port] });
    assert.notEqual(
      second?.port,
      first.port,
      `acquire must pass over the ports of exclude also where the key has one of them, found ${first.port} again`,
    );
  });
}

/** What `hold` of a lease answers, for a failure to name. */
export function whatIsHeld(lease: PortLease): 'no hold' | 'hold() null' | 'a socket' {
  if (!lease.hold) return 'no hold';
  return lease.hold() === null ? 'hold() null' : 'a socket';
}

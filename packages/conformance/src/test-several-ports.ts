import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import { besideStranger } from './port-desk.ts';
import type { PortCheck } from './port-desk.ts';

/** `ports` and `isFree` of a lease are optional; the runner trusts them where they are there. */
export function testSeveralPorts(check: PortCheck): void {
  check('ports: its own port and others, which nobody else gets', async ({ acquire }) => {
    const [lease, other] = [await acquire(), await acquire()];
    const { port, ports } = lease;
    if (ports === undefined) return;
    assert.ok(
      Array.isArray(ports) && ports.includes(port) && new Set(ports).size === ports.length,
      `ports must be all ports of the lease, each once, with its port ${port}; found ${inspect(ports)}`,
    );
    const twice = ports.filter((each) => (other.ports ?? [other.port]).includes(each));
    assert.deepEqual(
      twice,
      [],
      `a port of ports must not be leased to anybody else, found ${twice.join(', ')} in two leases`,
    );
  });

  check('isFree: true while nobody has the ports, false where somebody has one', async ({ acquire }) => {
    const lease = await acquire();
    const { port, host, ports = [port] } = lease;
    if (!lease.isFree) return;
    const before = await lease.isFree();
    assert.equal(
      before,
      true,
      `isFree must answer true while nobody listens on ${ports.join(', ')}, found ${inspect(before)}`,
    );
    // Whether it is the server that answers on the first of several, the runner sees by itself.
    const others = ports.length > 1 ? ports.filter((each) => each !== port) : ports;
    for (const taken of others) {
      await besideStranger(taken, host, async () => {
        const found = await lease.isFree?.();
        assert.equal(
          found,
          false,
          `isFree must answer false where another process listens on a port of the lease, found ${inspect(found)} with a server on ${taken}`,
        );
      });
    }
  });
}

import { describe, expect, it } from 'vitest';

import { ownedHost } from './owned-host.ts';

describe('ownedHost', () => {
  it.each([
    // What listens, where the connection was accepted, the address that is ours.
    [['127.0.0.1'], '127.0.0.1', '127.0.0.1'],
    [['0.0.0.0'], '127.0.0.1', '127.0.0.1'],
    [['::'], '127.0.0.1', '127.0.0.1'],
    [['::'], '::1', '::1'],
    [['::1'], '::1', '::1'],
    [['127.0.0.1', '::1'], '::1', '::1'],
    // A stranger answered at the other address; ours is bound here.
    [['::1'], '127.0.0.1', '::1'],
    [['127.0.0.1'], '::1', '127.0.0.1'],
    [['192.168.0.2'], '127.0.0.1', '192.168.0.2'],
    [[], '127.0.0.1', null],
  ])('of %j, connected to %s, is %s', (hosts, connected, owned) => {
    const sockets = hosts.map((host) => ({ host, port: 4000 }));
    expect(ownedHost([{ host: '127.0.0.1', port: 4001 }, ...sockets], 4000, connected)).toBe(owned);
  });
});

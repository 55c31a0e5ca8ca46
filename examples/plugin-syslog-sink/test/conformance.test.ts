import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { testLogSink } from '@project-runner/conformance';

import { syslogSink } from '../src/index.ts';
import { tcpReceiver, udpReceiver } from './receiver.ts';
import type { Receiver } from './receiver.ts';

for (const [protocol, start] of Object.entries({ tcp: tcpReceiver, udp: udpReceiver })) {
  describe(`conformance over ${protocol}`, () => {
    let receiver: Receiver;
    before(async () => {
      receiver = await start();
    });
    after(() => receiver.close());

    testLogSink(it, {
      create: () => syslogSink({ port: receiver.port, protocol: protocol as 'tcp' | 'udp' }),
      read: false,
      // Nobody listens there, and nobody tells who sends datagrams.
      unwritable: protocol === 'udp' ? null : () => syslogSink({ port: 1, retryMs: 0 }),
    });

    it('sends nothing that a strict receiver does not take', async () => {
      await receiver.count(1);
      assert.deepEqual(receiver.errors, []);
    });
  });
}

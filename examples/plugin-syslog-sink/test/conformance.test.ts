import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { testLogSink } from '@project-runner/conformance';
import type { ReceivedLine } from '@project-runner/conformance';
import type { LogSession, LogStreamName } from '@project-runner/core';

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
      // A receiver that is busy loses datagrams: what comes by UDP proves nothing of the sink.
      ...(protocol === 'tcp' && { received: (session: LogSession) => linesOf(receiver, session) }),
    });

    it('sends nothing that a strict receiver does not take', async () => {
      await receiver.count(1);
      assert.deepEqual(receiver.errors, []);
    });
  });
}

function linesOf({ messages }: Receiver, { serverId }: LogSession): ReceivedLine[] {
  return messages
    .filter(({ processId }) => processId === serverId)
    .map(({ text, time, messageId, data }) => ({
      text: text.toString(),
      time: new Date(time),
      stream: messageId as LogStreamName,
      sequence: Number(data.sequence),
      partial: data.partial === 'true',
    }));
}

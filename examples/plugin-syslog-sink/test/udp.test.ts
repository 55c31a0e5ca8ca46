import assert from 'node:assert/strict';
import { it } from 'node:test';

import { syslogSink } from '../src/index.ts';
import { batch, session } from './log.ts';
import { udpReceiver } from './receiver.ts';

it('sends a datagram a message', async () => {
  const receiver = await udpReceiver();
  const writer = await syslogSink({ port: receiver.port, protocol: 'udp', host: 'localhost' }).open(session);
  await writer.write(batch(1, ['one', 'two']));
  await receiver.count(2);
  await writer.close();
  assert.deepEqual(
    receiver.messages.map(({ text }) => text.toString()),
    ['one', 'two'],
  );
  await receiver.close();
});

it('rejects once the system says that nobody listens, and goes on when somebody does', async () => {
  const gone = await udpReceiver();
  await gone.close();
  const sink = syslogSink({ port: gone.port, protocol: 'udp' });
  const writer = await sink.open(session);
  const untilRefused = async (): Promise<never> => {
    for (;;) {
      await writer.write(batch(1, ['lost']));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await assert.rejects(untilRefused, /syslog receiver 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  await writer.close();
});

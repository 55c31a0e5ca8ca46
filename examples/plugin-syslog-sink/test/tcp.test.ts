import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import type { TestContext } from 'node:test';

import type { LogWriter } from '@project-runner/core';

import { syslogSink } from '../src/index.ts';
import type { SyslogSinkOptions } from '../src/index.ts';
import { batch, session } from './log.ts';
import { tcpReceiver } from './receiver.ts';
import type { Receiver } from './receiver.ts';

async function received(t: TestContext, port?: number): Promise<Receiver> {
  const receiver = await tcpReceiver(port);
  t.after(() => receiver.close());
  return receiver;
}

async function opened(options: SyslogSinkOptions): Promise<LogWriter> {
  return syslogSink(options).open(session);
}

const numbers = ({ messages }: Receiver): number[] => messages.map(({ data }) => Number(data.sequence));
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const floodBatches = 80;

/** 40 MB. */
async function flood(writer: LogWriter, onWritten = (): unknown => undefined): Promise<void> {
  const lines = Array.from({ length: 10 }, () => 'x'.repeat(50_000));
  for (let n = 0; n < floodBatches; n += 1) {
    await writer.write(batch(n * 10 + 1, lines));
    onWritten();
  }
}

it('close waits until the receiver has read everything', async (t) => {
  const receiver = await received(t);
  const writer = await opened({ port: receiver.port });
  for (let n = 1; n <= 100; n += 1) await writer.write(batch(n, [`line ${n}`]));
  await writer.close();
  assert.deepEqual(numbers(receiver), range(1, 100));
  assert.equal(receiver.connections(), 1);
});

it('close rejects where the receiver does not read', async (t) => {
  const receiver = await received(t);
  receiver.pause();
  const writer = await opened({ port: receiver.port, timeoutMs: 100 });
  await writer.write(batch(1, ['one']));
  await assert.rejects(async () => writer.close(), /has not read everything within 100 ms/);
});

it('write waits for a receiver that is slow, and loses nothing', async (t) => {
  const receiver = await received(t);
  receiver.pause();
  const writer = await opened({ port: receiver.port, maxMessageBytes: 60_000 });
  let written = 0;
  const writing = flood(writer, () => (written += 1));
  // The buffers of the system hold a few megabytes: what stands still is the sink.
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(written < floodBatches, 'it took 40 MB that nobody read');
  receiver.resume();
  await writing;
  await writer.close();
  assert.deepEqual(numbers(receiver), range(1, floodBatches * 10));
});

it('write gives a receiver up that takes nothing, and rejects when the time to try is over', async (t) => {
  const receiver = await received(t);
  receiver.pause();
  const writer = await opened({ port: receiver.port, timeoutMs: 200, retryMs: 0, resendBytes: 0 });
  await assert.rejects(flood(writer), /took nothing for 200 ms/);
  receiver.resume();
  await writer.close();
});

it('write tries until the receiver is there', async (t) => {
  const port = await closedPort();
  const writer = await opened({ port });
  const writing = writer.write(batch(1, ['one', 'two']));
  const receiver = await received(t, port);
  await writing;
  await writer.close();
  assert.deepEqual(numbers(receiver), [1, 2]);
});

it('write rejects when the time to try is over, names the receiver, and the next one tries again', async (t) => {
  const port = await closedPort();
  const writer = await opened({ port, retryMs: 50 });
  await assert.rejects(async () => writer.write(batch(1, ['lost'])), {
    message: new RegExp(`syslog receiver 127.0.0.1:${port}: .*ECONNREFUSED`),
  });
  const receiver = await received(t, port);
  await writer.write(batch(2, ['two']));
  await writer.close();
  assert.deepEqual(numbers(receiver), [2]);
});

it('sends again what a connection may have lost: each line comes, some twice', async (t) => {
  const first = await received(t);
  const writer = await opened({ port: first.port });
  const seen = new Set<number>();
  for (let n = 1; n <= 50; n += 1) await writer.write(batch(n, [`line ${n}`]));
  await first.count(20);
  await first.close();
  // Lost without a word: the first write to a connection whose other end is gone succeeds.
  const second = await received(t, first.port);
  for (let n = 51; n <= 100; n += 1) await writer.write(batch(n, [`line ${n}`]));
  await writer.close();
  for (const number of [...numbers(first), ...numbers(second)]) seen.add(number);
  assert.deepEqual(
    [...seen].toSorted((a, b) => a - b),
    range(1, 100),
  );
  assert.deepEqual(second.errors, []);
});

it('close sends last words again whose connection was reset after they were written', async (t) => {
  const receiver = await received(t);
  const writer = await opened({ port: receiver.port });
  await writer.write(batch(1, ['first']));
  await receiver.count(1);
  receiver.pause();
  await writer.write(batch(2, ['last words']));
  receiver.reset();
  receiver.resume();
  await writer.close();
  assert.deepEqual(new Set(numbers(receiver)), new Set([1, 2]));
  assert.equal(receiver.connections(), 2);
});

it('keeps no timer after close', async (t) => {
  const receiver = await received(t);
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const writer = await opened({ port: receiver.port });
  await writer.write(batch(1, ['one']));
  await writer.close();
  assert.equal(timers(), before);
});

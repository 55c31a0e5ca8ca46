import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { inspect } from 'node:util';

import type { PortLease } from '@project-runner/core';

import { assertVariables } from './assert-command.ts';
import { bindFailure } from './bind-failure.ts';
import { answerOf, withHeldServers } from './held-servers.ts';
import type { HeldServerProcess } from './held-servers.ts';
import { patienceMs } from './output-recorder.ts';
import { besideStranger } from './port-desk.ts';
import type { PortCheck } from './port-desk.ts';
import { whatIsHeld } from './test-port-share.ts';
import { quiet, within } from './within.ts';

/** What servers inherit, with Node servers that do. */
export function testPortHold(check: PortCheck, holds: boolean | undefined): void {
  check('hold: a strategy that has it says whether it holds sockets here', async ({ acquire }) => {
    const found = whatIsHeld(await acquire({ share: randomUUID() }));
    const fits = holds === undefined ? found === 'no hold' : holds === (found === 'a socket');
    assert.ok(
      fits,
      `the suite was told holds: ${holds}, found ${found} in the lease of a request with share; say holds: true of a strategy whose hold() answers sockets, false where it answers null on this platform`,
    );
  });

  if (holds === false) {
    check('hold: null leaves the port for the server to bind', async ({ acquire }) => {
      const lease = await acquire({ share: randomUUID() });
      if (lease.hold?.()) return;
      const failure = await bindFailure(lease.port, lease.host);
      assert.equal(
        failure,
        null,
        `where hold() answers null a server must be able to bind ${lease.host}:${lease.port}, found ${String(failure)}`,
      );
    });
  }
  if (holds !== true) return;

  check('hold: answers sockets, and prepare what Node takes them with', async ({ acquire }) => {
    const held = (await acquire({ share: randomUUID() })).hold?.();
    const fds = held?.fds ?? [];
    assert.ok(
      fds.length > 0 && fds.every(isSocket),
      `fds must be descriptors of sockets of this process, at least one; found ${inspect(held?.fds)}`,
    );
    const start = held?.prepare({ fd: 3, socketPath: '/nowhere/s', standby: false });
    assert.ok(
      Array.isArray(start?.args) && start.args.every((arg: unknown) => typeof arg === 'string'),
      `prepare must answer args, a list of strings, for Node; found ${inspect(start?.args)}`,
    );
    assertVariables(start.env, 'env');
    const found = typeof start.activate;
    assert.equal(found, 'function', `prepare must answer activate, a function; found ${found}`);
  });

  check('hold: a server inherits the port, and answers there and on socketPath', ({ acquire }) =>
    withHeldServers(async (start) => {
      const lease = await acquire({ share: randomUUID() });
      const server = await start(lease);
      await server.activate();
      await assertAnswers(lease, server, 'after activate');
    }),
  );

  check('hold: who comes while no server is there waits for the next one', ({ acquire }) =>
    withHeldServers(async (start) => {
      const lease = await acquire({ share: randomUUID() });
      const first = await start(lease);
      await first.activate();
      await first.kill();
      const waiting = await connected(lease, 'after the server of a held socket was killed');
      const second = await start(lease);
      await second.activate();
      const found = await within(patienceMs, waiting.answer, 'the next server must answer who waits');
      assert.equal(
        found,
        second.name,
        `the next server must answer who connected before it, found ${inspect(found)}`,
      );
    }),
  );

  check('standby: a server accepts nothing before activate', ({ acquire }) =>
    withHeldServers(async (start) => {
      const share = randomUUID();
      const [old, lease] = await sharing(() => acquire({ share }));
      if (old.port !== lease.port) return;
      const serving = await start(old);
      await serving.activate();
      const next = await start(lease, true);
      await serving.kill();
      const waiting = await connected(lease, 'while a server in standby is there');
      let isAnswered = false;
      const answered = waiting.answer.finally(() => (isAnswered = true));
      answered.catch(() => undefined);
      await quiet();
      assert.ok(
        !isAnswered,
        'a server that was prepared with standby must accept nothing before activate where its port has another server, found that it answers',
      );
      await next.activate();
      const found = await within(patienceMs, answered, 'a server must accept connections after activate');
      assert.equal(found, next.name, `the server that was activated must answer, found ${inspect(found)}`);
    }),
  );

  check('activate: rejects where the server does not take the order', ({ acquire }) =>
    withHeldServers(async (start) => {
      const share = randomUUID();
      const [old, lease] = await sharing(() => acquire({ share }));
      // Alone on its port a server may accept from the start, and activate has nothing to do.
      if (old.port !== lease.port) return;
      const next = await start(lease, true);
      await next.kill();
      const failure = await next.activate().then(
        () => null,
        (error: unknown) => error,
      );
      if (failure instanceof assert.AssertionError) throw failure;
      assert.ok(
        failure !== null,
        'activate must reject where the server in standby is gone: the runner would stop the one that serves; found that it resolves',
      );
    }),
  );

  check('hold: never fails where somebody else has the port', async ({ acquire }) => {
    const lease = await acquire({ share: randomUUID() });
    await besideStranger(lease.port, lease.host, async () => {
      assert.doesNotThrow(
        () => lease.hold?.(),
        'hold must answer null, not fail, where the port was taken meanwhile: the server then finds that and gets another one',
      );
    });
  });

  check('release: the last lease of a held port gives its socket back, no other', ({ acquire }) =>
    withHeldServers(async (start) => {
      const share = randomUUID();
      const [first, last] = await sharing(() => acquire({ share }));
      const server = await start(last);
      await server.activate();
      // A second call does nothing.
      for (let call = 0; call < 2; call += 1) await first.release();
      await assertAnswers(last, server, 'when another lease of its key was given back');
      await server.kill();
      if (first.port === last.port) {
        const kept = await connected(last, 'while a lease of a held port is there');
        kept.answer.catch(() => undefined);
      }
      await last.release();
      const failure = await bindFailure(last.port, last.host);
      assert.equal(
        failure,
        null,
        `release of the last lease must close the held socket, found that ${last.host}:${last.port} cannot be bound: ${String(failure)}`,
      );
    }),
  );
}

/** Two leases of one key, the first of them held before the second is asked for: only then there is a socket to share. */
async function sharing(acquire: () => Promise<PortLease>): Promise<[PortLease, PortLease]> {
  const first = await acquire();
  first.hold?.();
  return [first, await acquire()];
}

/** A request whose connection was made. */
async function connected({ host, port }: PortLease, when: string): Promise<{ answer: Promise<string> }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const answer = answerOf({ host, port }, { onConnected: resolve });
  answer.catch(reject);
  await within(
    patienceMs,
    promise.catch((error: unknown) => {
      const message = `nobody must be refused ${when}, found ${String(error)} on ${host}:${port}`;
      throw new assert.AssertionError({ message });
    }),
    `a connection must be taken ${when}`,
  );
  return { answer };
}

async function assertAnswers(
  { host, port }: PortLease,
  { name }: HeldServerProcess,
  when: string,
): Promise<void> {
  const answer = answerOf({ host, port }).catch((error: unknown) => String(error));
  const found = await within(patienceMs, answer, `a server must answer on its held port ${when}`);
  assert.equal(found, name, `a server must answer on its held port ${when}, found ${inspect(found)}`);
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    // No descriptor of this process.
    return false;
  }
}

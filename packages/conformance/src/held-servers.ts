import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { HeldStart, PortLease } from '@project-runner/core';

import { patienceMs } from './output-recorder.ts';
import { within } from './within.ts';

/** A Node server that was started as the runner starts one on a held socket. */
export interface HeldServerProcess {
  /** What it answers to every request. */
  name: string;
  /** With a signal that aborts after a while: a strategy may try until then. */
  activate(): Promise<void>;
  kill(): Promise<void>;
}

/** Resolves when the server answers on its `socketPath`. */
export type StartHeld = (lease: PortLease, standby?: boolean) => Promise<HeldServerProcess>;

/** When the signal of `activate` aborts, and how soon after that it has to settle. */
const activateMs = 1500;
const settleMs = 1000;

/** The first descriptor after those that every process has. */
const firstInherited = 3;

/** It ends by itself where whoever runs the suite is killed. */
const serverCode = `
  setTimeout(() => process.exit(), 15_000).unref();
  require("node:http")
    .createServer((request, response) => response.end(process.env.CONFORMANCE_NAME))
    .listen(Number(process.env.PORT), process.env.HOST);
`;

/** Lets a check start servers, and kills what it leaves behind. */
export async function withHeldServers(use: (start: StartHeld) => Promise<void>): Promise<void> {
  // Short: the path of a unix socket has about a hundred bytes.
  const dir = mkdtempSync(join(tmpdir(), 'held-'));
  const servers: HeldServerProcess[] = [];
  try {
    await use(async (lease, standby = false) => {
      const { server, ready } = start(lease, join(dir, String(servers.length)), standby);
      servers.push(server);
      await ready();
      return server;
    });
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    rmSync(dir, { recursive: true, force: true });
  }
}

export interface AnswerOfOptions {
  onConnected(): void;
  /** Ends the request. @default never */
  signal?: AbortSignal;
}

/** What a server answers, over a connection of its own. */
export function answerOf(
  where: { host: string; port: number } | { socketPath: string },
  { onConnected, signal }: AnswerOfOptions = { onConnected: () => undefined },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ ...where, agent: false, ...(signal && { signal }) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(text)).once('error', reject);
    });
    asked.once('socket', (socket) => socket.once('connect', onConnected));
    asked.once('error', reject);
  });
}

function start(
  lease: PortLease,
  socketPath: string,
  standby: boolean,
): { server: HeldServerProcess; ready(): Promise<void> } {
  const held = lease.hold?.();
  assert.ok(held, 'hold must answer a socket before each start of a server, found none');
  const { args, env, activate }: HeldStart = held.prepare({ fd: firstInherited, socketPath, standby });
  const name = randomUUID();
  const child = spawn(process.execPath, [...args, '-e', serverCode], {
    env: {
      ...lease.env,
      PORT: String(lease.port),
      HOST: lease.host,
      CONFORMANCE_NAME: name,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe', ...held.fds],
  });
  const exited = once(child, 'exit');
  const server: HeldServerProcess = {
    name,
    activate: () =>
      within(
        activateMs + settleMs,
        activate(AbortSignal.timeout(activateMs)),
        `activate must resolve or reject, soon after its signal aborts at the latest, which it did after ${activateMs} ms`,
      ),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
  return { server, ready: () => answers(child, socketPath, name) };
}

async function answers(child: ChildProcess, socketPath: string, name: string): Promise<void> {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words += text));
  const gone = new AbortController();
  child.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(patienceMs)]);
  let found = '';
  let accepts = false;
  const onConnected = (): void => {
    accepts = true;
  };
  while (found !== name && !signal.aborted) {
    accepts = false;
    found = await answerOf({ socketPath }, { onConnected, signal }).catch((error: unknown) => {
      if (!signal.aborted) return String(error);
      return accepts ? 'that it accepts, and answers nothing' : found;
    });
    if (found !== name) await delay(10, undefined, { signal }).catch(() => undefined);
  }
  const ended = gone.signal.aborted ? `that it ended: ${words.trim() || 'without a word'}` : found;
  assert.equal(
    found,
    name,
    `a Node server that is started with the descriptors of hold() and with what prepare answers must answer on socketPath, found ${ended}`,
  );
}

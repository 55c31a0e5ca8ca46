import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of the file that rsyslogd writes. */
export interface Received {
  pri: string;
  version: string;
  time: string;
  host: string;
  app: string;
  procid: string;
  msgid: string;
  sd: string;
  msg: string;
}

/** The daemon as Debian has it, with a configuration of its own. */
export interface Rsyslog {
  tcpPort: number;
  udpPort: number;
  /** Resolves with what it has received once that is enough. */
  received(isEnough: (messages: readonly Received[]) => boolean): Promise<readonly Received[]>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const properties = {
  pri: 'pri',
  version: 'protocol-version',
  time: 'timereported" dateFormat="rfc3339',
  host: 'hostname',
  app: 'app-name',
  procid: 'procid',
  msgid: 'msgid',
  sd: 'structured-data',
  msg: 'msg',
} satisfies Record<keyof Received, string>;

/** Resolves when it listens; with the ports and the file of an `earlier` one at once: senders have to wait for it. */
export async function startRsyslog(dir: string, earlier?: Rsyslog): Promise<Rsyslog> {
  const udpPort = earlier?.udpPort ?? (await freeUdpPort());
  const file = (name: string): string => join(dir, name);
  mkdirSync(file('work'), { recursive: true });
  rmSync(file('port'), { force: true });
  const list = Object.entries(properties).map(
    ([name, property]) => `property(outname="${name}" name="${property}" format="jsonf")`,
  );
  writeFileSync(
    file('rsyslog.conf'),
    [
      `global(workDirectory="${file('work')}")`,
      'module(load="imtcp")',
      'module(load="imudp")',
      `template(name="json" type="list" option.jsonf="on") { ${list.join(' ')} }`,
      `ruleset(name="all") { action(type="omfile" file="${file('received.jsonl')}" template="json") }`,
      `input(type="imtcp" address="127.0.0.1" port="${earlier?.tcpPort ?? 0}" listenPortFileName="${file('port')}" ruleset="all")`,
      `input(type="imudp" address="127.0.0.1" port="${udpPort}" ruleset="all")`,
      '',
    ].join('\n'),
  );
  const child = spawn('rsyslogd', ['-n', '-f', file('rsyslog.conf'), '-i', file('pid')], {
    stdio: 'inherit',
  });
  const exited = once(child, 'exit');
  const early = exited.then(([code]) => Promise.reject(new Error(`rsyslogd ended with ${String(code)}`)));
  const listening = (): Promise<number> =>
    untilFile(dir, () => Number(readFileSync(file('port'), 'utf8')) || null);
  early.catch(() => undefined);
  return {
    // It names its port only where it has chosen it.
    tcpPort: earlier?.tcpPort ?? (await Promise.race([listening(), early])),
    udpPort,
    received: (isEnough) =>
      untilFile(dir, () => {
        const lines = readFileSync(file('received.jsonl'), 'utf8').split('\n').slice(0, -1);
        const messages = lines.map((line) => JSON.parse(line) as Received);
        return isEnough(messages) ? messages : null;
      }),
    kill: (signal) => end(child, exited, signal),
  };
}

async function end(child: ChildProcess, exited: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await exited;
}

/** Looks whenever something in the folder changes. */
async function untilFile<T>(dir: string, look: () => T | null): Promise<T> {
  const attempt = (): T | null => {
    try {
      return look();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  };
  const watcher = watch(dir, { persistent: false });
  try {
    for (;;) {
      const changed = once(watcher, 'change');
      const found = attempt();
      if (found !== null) return found;
      await changed;
    }
  } finally {
    watcher.close();
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

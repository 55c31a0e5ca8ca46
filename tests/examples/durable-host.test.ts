import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { RunningServer } from '@project-runner/core';
import { LocalProcessRunner } from '@project-runner/runner';
import { expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { serverProject } from '../support/server-project.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { processesMarked } from '../support/test-runner.ts';

const script = fileURLToPath(new URL('../../examples/durable-host/host.ts', import.meta.url));

interface Host {
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** The exit code, `null` for a death by signal. */
  exited: Promise<number | null>;
  /** Resolves when it has seen to all its projects. */
  ready: Promise<unknown>;
}

/** Folders of a host; its servers are stopped when the test ends. */
function hostHome(): { home: string; start(...folders: string[]): Host } {
  const dir = tempFolder();
  const home = join(dir, 'home');
  const user = join(dir, 'user');
  mkdirSync(user);
  onTestFinished(async () => {
    const last = new LocalProcessRunner({ stateDir: join(home, 'state'), stopGraceMs: 3000 });
    await last.recover();
    await last.shutdown();
  });
  return {
    home,
    start(...folders) {
      const child = spawn(process.execPath, [script, '--home', home, ...folders], {
        env: { PATH: process.env.PATH, HOME: user },
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      const exited = once(child, 'close').then(([code]) => code as number | null);
      const isReady = eventually(
        () => output,
        (text) => /^ready$/m.test(text),
        60_000,
      );
      const early = exited.then((code) =>
        Promise.reject(new Error(`the host ended with ${code}: ${output}`)),
      );
      const ready = Promise.race([isReady, early]);
      ready.catch(() => undefined);
      return { output: () => output, kill: (signal) => void child.kill(signal), exited, ready };
    },
  };
}

function serverIn(home: string): RunningServer {
  const records = JSON.parse(readFileSync(join(home, 'records.json'), 'utf8')) as { server: RunningServer }[];
  expect(records).toHaveLength(1);
  return (records[0] as { server: RunningServer }).server;
}

const answer = async ({ port }: RunningServer): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/`)).text();

it('durable-host finds its server again after kill -9 and after SIGTERM, and starts no second one', async () => {
  const { home, start } = hostHome();
  const folder = await serverProject('well');
  const first = start(folder);
  await first.ready;
  const server = serverIn(home);
  expect(first.output()).toContain(`http://127.0.0.1:${server.port} (process ${server.processId})`);
  expect(first.output()).toMatch(/^deployed: /);
  expect(await answer(server)).toBe(`hello from ${server.processId}`);
  const processes = processesMarked(server.id).length;
  first.kill('SIGKILL');
  expect(await first.exited).toBeNull();
  expect(await answer(server)).toBe(`hello from ${server.processId}`);

  for (const folders of [[folder], []]) {
    const next = start(...folders);
    await next.ready;
    expect(next.output()).toMatch(/^found: /);
    expect(serverIn(home)).toMatchObject({ id: server.id, processId: server.processId, port: server.port });
    expect(await answer(server)).toBe(`hello from ${server.processId}`);
    expect(readdirSync(join(home, 'state/servers'))).toEqual([server.id]);
    expect(processesMarked(server.id)).toHaveLength(processes);
    next.kill('SIGTERM');
    expect(await next.exited).toBe(143);
  }
  expect(await answer(server)).toBe(`hello from ${server.processId}`);
});

it('durable-host refuses to be there twice, and deploys what ended while it was away', async () => {
  const { home, start } = hostHome();
  const folder = await serverProject('well');
  const first = start(folder);
  await first.ready;
  const server = serverIn(home);
  const second = start(folder);
  await second.ready.catch(() => undefined);
  expect(await second.exited).toBe(1);
  expect(second.output()).toContain('is a host of');
  first.kill('SIGKILL');
  await first.exited;
  await fetch(`http://127.0.0.1:${server.port}/crash`).catch(() => undefined);

  const next = start();
  await next.ready;
  expect(next.output()).toMatch(/^deployed: /);
  const another = serverIn(home);
  expect(another.id).not.toBe(server.id);
  expect(await answer(another)).toBe(`hello from ${another.processId}`);
  expect(processesMarked(server.id)).toEqual([]);
  await eventually(
    () => readdirSync(join(home, 'state/servers')),
    (ids) => ids.length === 1 && ids[0] === another.id,
  );
});

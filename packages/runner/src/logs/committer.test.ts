import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

import type { LogSession, LogStreamName } from '@project-runner/core';
import { expect, it, onTestFinished } from 'vitest';

import { createLogJournal, resumeLogJournal } from './log-journal.ts';
import type { LogJournal } from './log-journal.ts';
import { createLogPipeline } from './log-pipeline.ts';
import { memorySink } from './memory-sink.ts';

const session: LogSession = { serverId: 's', deploymentId: 'd', projectId: 'p', buildId: 'b' };

function openFollowed(journal: LogJournal) {
  const warnings: string[] = [];
  const released = { stdout: 0, stderr: 0 };
  const ends = { stdout: 0, stderr: 0 };
  const pipeline = createLogPipeline({
    session,
    sinks: [memorySink()],
    logger: { debug() {}, info() {}, warn: (message) => void warnings.push(message), error() {} },
    journal,
  });
  const run = pipeline.receive(1);
  run.attach({
    release(stream, end) {
      released[stream] = end;
    },
  });
  const print = (stream: LogStreamName, text: string): void => {
    ends[stream] += text.length;
    void run.onOutput(stream, Buffer.from(text), ends[stream]);
  };
  return { pipeline, print, released, ends, warnings };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}

const mayMount = process.platform === 'linux' && process.getuid?.() === 0;

it.skipIf(!mayMount)('removes a journal that the disk is too full for, and begins it anew', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'journal-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', dir]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true });
  });
  const file = join(dir, 'journal');
  const { pipeline, print, released, ends, warnings } = openFollowed(createLogJournal(file));
  print('stdout', 'one\n');
  await until(() => released.stdout === 4);
  // Its space is taken by something else.
  truncateSync(file, 0);
  const { bavail, bsize } = statfsSync(dir);
  writeFileSync(join(dir, 'ballast'), Buffer.alloc(bavail * bsize));
  print('stdout', 'two\nthr');
  print('stderr', 'bad\n');
  expect(existsSync(file)).toBe(false);
  await until(() => released.stdout === 8 && released.stderr === 4);
  rmSync(join(dir, 'ballast'));
  while (!existsSync(file)) {
    print('stdout', 'ee\nx');
    await delay(20);
  }
  const { state } = resumeLogJournal(file);
  const texts = await pipeline.tail(10_000);
  expect(state.committed).toBe(texts.length);
  print('stderr', 'again\n');
  await pipeline.end();
  // An heir goes on behind all that was cut, with the next number.
  const heir = resumeLogJournal(file);
  expect(heir.state.committed).toBe(texts.length + 1);
  const followed = createLogPipeline({
    session,
    sinks: [memorySink()],
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    resume: heir.state,
  });
  expect(followed.receive(1).from).toEqual({ stdout: ends.stdout - 1, stderr: ends.stderr });
  expect(warnings).toEqual([
    'The log journal cannot be written; if the runner crashes now, lines may be doubled',
  ]);
});

it('gives nothing back while a journal can neither be written nor removed', async () => {
  let isBroken = true;
  const fail = (): void => {
    if (isBroken) throw new Error('EIO');
  };
  const renewed: unknown[] = [];
  const { pipeline, print, released } = openFollowed({
    append: fail,
    commit: fail,
    discard: fail,
    renew: (state) => renewed.push(state),
    close: () => undefined,
  });
  print('stdout', 'one\n');
  // It commits in the next turn.
  for (let turns = 0; turns < 3; turns += 1) await turn();
  expect(released).toEqual({ stdout: 0, stderr: 0 });
  isBroken = false;
  while (released.stdout === 0) {
    print('stdout', 'more\n');
    await delay(20);
  }
  expect(renewed).toHaveLength(1);
  await pipeline.end();
});

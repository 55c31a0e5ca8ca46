import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testLogSink } from '@project-runner/conformance';
import type { ReceivedLine } from '@project-runner/conformance';
import type { LogEntry } from '@project-runner/core';
import { afterAll, describe, expect, it } from 'vitest';

import { sampleSink } from './sample-sink.ts';

const dir = mkdtempSync(join(tmpdir(), 'sample-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('conformance', () => {
  testLogSink(it, {
    create: () => sampleSink({ dir }),
    read: false,
    unwritable() {
      const gone = join(dir, 'gone');
      // Its folder goes when it is open.
      return { sink: sampleSink({ dir: gone }), break: () => rmSync(gone, { recursive: true }) };
    },
    // What the suite cannot see otherwise: the lines of a session as they came where the sink writes them.
    received: ({ serverId }) => rowsOf(serverId),
  });
});

function rowsOf(serverId: string): ReceivedLine[] {
  const rows = readFileSync(join(dir, `${serverId}.jsonl`), 'utf8')
    .split('\n')
    .slice(0, -1);
  return rows.map((row) => {
    const { text, stream, sequence, time, partial } = JSON.parse(row) as LogEntry;
    return { text, stream, sequence, time: new Date(time), partial };
  });
}

it('writes an object a line', async () => {
  const session = { serverId: 'one', deploymentId: 'two', projectId: 'three', buildId: 'four' };
  const writer = await sampleSink({ dir }).open(session);
  const text = 'hello';
  await writer.write({
    stream: 'stderr',
    time: new Date(0),
    sequence: 7,
    count: 1,
    bytes: Buffer.from(`${text}\n`),
    partial: false,
    lines: () => [{ text }],
  });
  await writer.close();
  const row: unknown = JSON.parse(readFileSync(join(dir, 'one.jsonl'), 'utf8'));
  expect(row).toEqual({ time: '1970-01-01T00:00:00.000Z', stream: 'stderr', sequence: 7, text });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testLogSink } from '@project-runner/conformance';
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
  });
});

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

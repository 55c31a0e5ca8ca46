import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import type {
  LogBatch,
  LogEntry,
  LogQuery,
  LogSession,
  LogSinkPlugin,
  LogStreamName,
} from '@project-runner/core';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { logsFile } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'logs-file-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const who: LogSession = { serverId: 'server', deploymentId: 'd', projectId: 'p', buildId: 'b' };
const freshDir = (): string => mkdtempSync(join(root, 'logs-'));
const names = (dir: string): string[] => readdirSync(join(dir, who.serverId)).toSorted();

function batch(lines: readonly string[], sequence: number, more: Partial<LogBatch> = {}): LogBatch {
  return {
    stream: 'stdout',
    time: new Date(sequence * 1000),
    bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')),
    count: lines.length,
    sequence,
    lines: () => lines.map((text) => ({ text })),
    ...more,
  };
}

async function write(sink: LogSinkPlugin, ...batches: readonly LogBatch[]): Promise<void> {
  const writer = await sink.open(who);
  for (const each of batches) await writer.write(each);
  await writer.close();
}

async function read(sink: LogSinkPlugin, query: LogQuery = {}): Promise<readonly LogEntry[]> {
  return (await sink.read?.(who, query)) ?? [];
}

const numbered = (entries: readonly LogEntry[]): string[] => entries.map((e) => `${e.sequence}:${e.text}`);
const manyBatches = (count: number): LogBatch[] =>
  Array.from({ length: count }, (_, index) => batch([`line ${index + 1}`], index + 1));

describe('format', () => {
  it('is CRI, in files that only the owner may read', async () => {
    const dir = freshDir();
    await write(
      logsFile({ dir }),
      batch(['a', 'b'], 1, { partial: true }),
      batch([''], 3, { stream: 'stderr' }),
    );
    const file = join(dir, 'server', '000000000001.log');
    expect(readFileSync(file, 'utf8')).toBe(
      '1970-01-01T00:00:01.000Z stdout F a\n1970-01-01T00:00:01.000Z stdout P b\n1970-01-01T00:00:03.000Z stderr F \n',
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'server')).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(dir, 'server', 'current.log'), 'utf8')).toBe(readFileSync(file, 'utf8'));
  });

  it('keeps any bytes as they are', async () => {
    const dir = freshDir();
    const bytes = Buffer.from([0xff, 0x00, 0x80, 0x0a]);
    await write(logsFile({ dir }), batch(['?'], 1, { bytes }));
    expect(
      readFileSync(join(dir, 'server', '000000000001.log'))
        .subarray(-4)
        .equals(bytes),
    ).toBe(true);
  });

  it('gives any lines in any batches back, in order, over tiny segments', async () => {
    const line = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .map((text) => text.replaceAll(/[\n\r]/g, ' '));
    const written = fc.array(
      fc.record({
        lines: fc.array(line, { minLength: 1, maxLength: 5 }),
        stream: fc.constantFrom<LogStreamName>('stdout', 'stderr'),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(
        written,
        fc.integer({ min: 1, max: 400 }),
        fc.boolean(),
        async (batches, maxBytes, gzip) => {
          const sink = logsFile({ dir: freshDir(), maxBytes, maxFiles: 1000, gzip });
          let sequence = 1;
          const expected: string[] = [];
          const writer = await sink.open(who);
          for (const { lines, stream } of batches) {
            await writer.write(batch(lines, sequence, { stream }));
            for (const text of lines) expected.push(`${sequence++} ${stream} ${text}`);
          }
          const shown = async (): Promise<string[]> =>
            (await read(sink)).map((e) => `${e.sequence} ${e.stream} ${e.text}`);
          expect(await shown()).toEqual(expected);
          await writer.close();
          expect(await shown()).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('rotation', () => {
  it('keeps maxFiles segments of at most maxBytes', async () => {
    const dir = freshDir();
    const sink = logsFile({ dir, maxBytes: 100, maxFiles: 3 });
    await write(sink, ...manyBatches(9));
    const segments = names(dir).filter((name) => name !== 'current.log');
    expect(segments).toEqual(['000000000005.log', '000000000007.log', '000000000009.log']);
    for (const name of segments) expect(statSync(join(dir, 'server', name)).size).toBeLessThanOrEqual(100);
    expect(numbered(await read(sink))[0]).toBe('5:line 5');
  });

  it('compresses full segments and reads them', async () => {
    const dir = freshDir();
    const sink = logsFile({ dir, maxBytes: 100, gzip: true });
    await write(sink, ...manyBatches(5));
    expect(names(dir)).toEqual([
      '000000000001.log.gz',
      '000000000003.log.gz',
      '000000000005.log',
      'current.log',
    ]);
    expect(numbered(await read(sink, { before: 5, tail: 3 }))).toEqual(['2:line 2', '3:line 3', '4:line 4']);
  });

  it('counts a segment once whose compression was cut short, and clears up', async () => {
    const dir = freshDir();
    const sink = logsFile({ dir, maxBytes: 100 });
    await write(sink, ...manyBatches(3));
    const folder = join(dir, 'server');
    const plain = readFileSync(join(folder, '000000000001.log'));
    writeFileSync(join(folder, '000000000001.log.gz'), gzipSync(plain));
    writeFileSync(join(folder, '000000000001.log.gz.tmp'), 'half');
    expect(numbered(await read(sink))).toEqual(['1:line 1', '2:line 2', '3:line 3']);
    await write(sink, batch(['line 4'], 4));
    expect(names(dir)).toEqual(['000000000001.log', '000000000003.log', 'current.log']);
    expect((await read(sink)).length).toBe(4);
  });

  it('removes segments that are older than maxAgeMs', async () => {
    const dir = freshDir();
    await write(logsFile({ dir, maxBytes: 100 }), ...manyBatches(3));
    const old = join(dir, 'server', '000000000001.log');
    execFileSync('touch', ['-d', '2020-01-01', old]);
    await write(logsFile({ dir, maxBytes: 100, maxAgeMs: 3_600_000 }), batch(['line 4'], 4));
    expect(names(dir)).not.toContain('000000000001.log');
  });
});

describe('reopening', () => {
  it('goes on after the last line, whatever the writer counts from', async () => {
    const sink = logsFile({ dir: freshDir(), maxBytes: 100 });
    await write(sink, ...manyBatches(5));
    await write(sink, batch(['six'], 6));
    await write(sink, batch(['seven'], 1), batch(['eight'], 2));
    const entries = await read(sink, { tail: 4 });
    expect(numbered(entries)).toEqual(['5:line 5', '6:six', '7:seven', '8:eight']);
    expect(numbered(await read(sink, { before: 7, tail: 1 }))).toEqual(['6:six']);
  });

  it('cuts a torn last line off', async () => {
    const dir = freshDir();
    const sink = logsFile({ dir });
    await write(sink, batch(['one'], 1));
    appendFileSync(join(dir, 'server', '000000000001.log'), '1970-01-01T00:00:02.000Z stdout F tw');
    expect(numbered(await read(sink))).toEqual(['1:one']);
    await write(sink, batch(['two'], 2));
    expect(numbered(await read(sink))).toEqual(['1:one', '2:two']);
  });

  it('cuts a torn last line off a segment that is full by its whole lines', async () => {
    const dir = freshDir();
    const sink = logsFile({ dir, maxBytes: 4096 });
    const lines = ['x'.repeat(4090), 'last'];
    await write(sink, batch(lines, 1));
    appendFileSync(join(dir, who.serverId, 'current.log'), '2026-');
    await write(sink, batch(['next'], 3));
    expect(numbered(await read(sink))).toEqual(
      [...lines, 'next'].map((text, index) => `${index + 1}:${text}`),
    );
    const segments = names(dir).filter((name) => name !== 'current.log');
    expect(segments).toHaveLength(2);
    for (const name of segments) {
      expect(readFileSync(join(dir, who.serverId, name), 'utf8').endsWith('\n'), name).toBe(true);
    }
  });

  it('keeps the numbers of lines after a gap, without a new segment', async () => {
    const dir = freshDir();
    const sink = logsFile({ dir });
    await write(sink, batch(['one'], 1), batch(['ten', 'eleven'], 10));
    await write(sink, batch(['twenty'], 20, { partial: true }));
    expect(numbered(await read(sink))).toEqual(['1:one', '10:ten', '11:eleven', '20:twenty']);
    expect((await read(sink)).at(-1)?.partial).toBe(true);
    expect(await read(sink, { before: 5 })).toEqual([]);
    expect(names(dir)).toEqual(['000000000001.log', 'current.log']);
  });
});

describe('a server id', () => {
  it.each(['..', '.', '../x', 'a/b', 'a..b', '', 'a\0b', 'ä'])(
    '%j cannot leave the folder',
    async (serverId) => {
      const sink = logsFile({ dir: freshDir() });
      expect(() => sink.open({ ...who, serverId })).toThrow(TypeError);
      expect(await sink.read?.({ ...who, serverId }, {})).toEqual([]);
    },
  );
});

describe('options', () => {
  it.each([{ dir: '' }, { dir: 'x', maxBytes: 0 }, { dir: 'x', maxFiles: 1.5 }])(
    '%j is refused',
    (options) => {
      expect(() => logsFile(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    },
  );
});

describe('position', () => {
  it('is the last line that is kept, also after one that was torn off', async () => {
    const dir = freshDir();
    const sink = logsFile({ dir });
    const writer = await sink.open(who);
    expect(writer.position?.()).toBe(0);
    await writer.write(batch(['one', 'two'], 1));
    await writer.write(batch(['five'], 5));
    expect(writer.position?.()).toBe(5);
    appendFileSync(join(dir, 'server', '000000000001.log'), '2026-01-01T00:00:00.000Z stdout F tor');
    expect((await sink.open(who)).position?.()).toBe(5);
    await writer.close();
  });
});

// Only root may mount the small file system that fills up for real.
const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
describe.skipIf(!mayMount)('a full disk (needs root on Linux for a small tmpfs)', () => {
  it('fails the write, leaves no half line, and works again with space', async () => {
    const dir = freshDir();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'none', dir]);
    try {
      const sink = logsFile({ dir });
      const writer = await sink.open(who);
      const ballast = join(dir, 'ballast');
      await writer.write(batch(['one'], 1));
      writeFileSync(ballast, Buffer.alloc(40_000));
      await expect(writer.write(batch(Array(1000).fill('x'.repeat(50)), 2))).rejects.toMatchObject({
        code: 'ENOSPC',
      });
      expect(numbered(await read(sink))).toEqual(['1:one']);
      rmSync(ballast);
      await writer.write(batch(['after'], 1002));
      await writer.close();
      expect(numbered(await read(sink))).toEqual(['1:one', '1002:after']);
    } finally {
      execFileSync('umount', [dir]);
    }
  });
});

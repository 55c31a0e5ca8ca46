import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { thisProcess } from '@project-runner/leases';
import { describe, expect, it, onTestFinished } from 'vitest';

import { removeRemains, removeSecrets } from './remove-remains.ts';
import type { JobResult } from '../job-result.ts';
import type { RunRecord } from './run-record.ts';
import { newRunId, openRunStore } from './run-store.ts';
import type { RunStore } from './run-store.ts';

function keyedRecord(): RunRecord {
  return {
    formatVersion: 1,
    id: newRunId('job', 'key'),
    contextId: 'context',
    marker: 'marker',
    spec: {
      name: 'job',
      argv: ['true'],
      env: {},
      cwd: '/',
      limits: {},
      retries: 0,
      isolate: true,
      inputVariables: [],
    },
    createdAt: 0,
    creator: thisProcess(),
    secret: { env: { TOKEN: 'hush' }, inputVariables: [], input: 'null', inputFile: null },
    result: null,
  };
}

function testStore(): RunStore {
  const stateDir = mkdtempSync(join(tmpdir(), 'run-store-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  return openRunStore(stateDir);
}

const result: JobResult = {
  id: newRunId('job', 'key'),
  name: 'job',
  status: 'completed',
  output: 'ü\n',
  error: null,
  stderr: '',
  outputDir: null,
  artifacts: [],
  metrics: { wallMs: 1, cpuMs: 1, peakMemoryBytes: null, retries: 0 },
  limits: {},
  createdAt: 0,
  startedAt: 0,
  endedAt: 1,
};

describe('the result of a run', () => {
  const write = async (store: RunStore, record: RunRecord): Promise<string> => {
    store.create(record);
    await store.finish({ ...record, result });
    return store.files(record.id).record;
  };

  it('takes the place of what the run needed', async () => {
    const store = testStore();
    const record = keyedRecord();
    const text = readFileSync(await write(store, record), 'utf8');
    expect(text).not.toContain('hush');
    expect(text.split('\n').map((line) => line !== '' && (JSON.parse(line) as object))).toEqual([
      expect.objectContaining({ id: record.id }) as object,
      { result },
      false,
    ]);
    expect(store.read(record.id)).toEqual({ ...record, secret: null, result });
  });

  it('is none as long as it may not be on the disk, and one where the machine was started anew since', async () => {
    const store = testStore();
    const record = keyedRecord();
    const file = await write(store, record);
    const text = readFileSync(file, 'utf8');
    const unsure = `${text.slice(0, -1)} `;
    writeFileSync(file, unsure);
    expect(store.read(record.id)).toMatchObject({ secret: null, result: null });
    const bootId = String(record.creator.bootId);
    writeFileSync(file, unsure.replace(bootId, '00000000-0000-0000-0000-000000000000'));
    expect(store.read(record.id)).toMatchObject({ secret: null, result: { status: 'completed' } });
    // Cut off by the end of the machine.
    writeFileSync(file, text.slice(0, -10).replace(bootId, '00000000-0000-0000-0000-000000000000'));
    expect(store.read(record.id)).toMatchObject({ secret: null, result: null });
  });
});

// Elsewhere a watch does not tell of a file that is there for a moment.
it.runIf(process.platform === 'linux')(
  'leaves no draft of who was killed beside a run that ended',
  async () => {
    const store = testStore();
    const record = keyedRecord();
    const files = store.files(record.id);
    mkdirSync(files.dir, { recursive: true });
    const seen = new Set<string>();
    const isMade = Promise.withResolvers<void>();
    const watcher = watch(files.dir, (_event, name) => {
      seen.add(name ?? '');
      if (name === 'run.jsonl') isMade.resolve();
    });
    expect(store.create(record)).toBe(record);
    await isMade.promise;
    watcher.close();
    expect(readdirSync(files.dir)).toEqual(['run.jsonl']);
    const drafts = [...seen].filter((name) => name !== 'run.jsonl').map((name) => join(files.dir, name));
    expect(drafts).toHaveLength(1);
    const removals = [
      () => removeSecrets(files),
      () => removeRemains(files, record, 0),
      () => removeRemains(files, record, 2 ** 20),
    ];
    for (const remove of removals) {
      for (const draft of drafts) writeFileSync(draft, '');
      await remove();
      expect(drafts.filter((draft) => existsSync(draft))).toEqual([]);
    }
  },
);

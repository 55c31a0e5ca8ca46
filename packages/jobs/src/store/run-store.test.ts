import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { thisProcess } from '@project-runner/leases';
import { expect, it, onTestFinished } from 'vitest';

import { removeRemains, removeSecrets } from './remove-remains.ts';
import type { RunRecord } from './run-record.ts';
import { newRunId, openRunStore } from './run-store.ts';

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

// Elsewhere a watch does not tell of a file that is there for a moment.
it.runIf(process.platform === 'linux')(
  'leaves no draft of who was killed beside a run that ended',
  async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'run-store-'));
    onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
    const store = openRunStore(stateDir);
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

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { thisProcess } from '@project-runner/leases';
import { expect, it, onTestFinished } from 'vitest';

import type { JobResult } from '../job-result.ts';
import type { RunRecord } from './run-record.ts';

/** Paths of what is brought to the disk, by whoever is imported from now on. */
function watchSyncs(): string[] {
  const synced: string[] = [];
  const { fsync } = fs;
  const watched = (fd: number, callback: fs.NoParamCallback): void => {
    synced.push(fs.readlinkSync(`/proc/self/fd/${fd}`));
    fsync(fd, callback);
  };
  fs.fsync = watched as typeof fsync;
  syncBuiltinESMExports();
  onTestFinished(() => {
    fs.fsync = fsync;
    syncBuiltinESMExports();
  });
  return synced;
}

function endedRun(id: string): RunRecord & { result: JobResult } {
  const spec = { name: 'job', argv: ['true'] as const, env: {}, cwd: '/', limits: {}, retries: 0 };
  const made = { id, createdAt: 0 };
  return {
    ...made,
    formatVersion: 1,
    contextId: 'context',
    marker: id,
    spec: { ...spec, isolate: true, inputVariables: [] },
    creator: thisProcess(),
    secret: null,
    result: {
      ...made,
      name: 'job',
      status: 'completed',
      output: null,
      error: null,
      stderr: '',
      outputDir: null,
      artifacts: [],
      metrics: { wallMs: 1, cpuMs: 1, peakMemoryBytes: null, retries: 0 },
      limits: {},
      startedAt: 0,
      endedAt: 1,
    },
  };
}

it.runIf(process.platform === 'linux')(
  'brings a result to the disk with all folders that it is in, the one of the state once',
  async () => {
    const stateDir = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'write-result-')));
    onTestFinished(() => fs.rmSync(stateDir, { recursive: true, force: true }));
    const synced = watchSyncs();
    const { openRunStore } = await import('./run-store.ts');
    const store = openRunStore(stateDir);
    const syncsOf = async (id: string): Promise<string[]> => {
      const record = endedRun(id);
      store.create({ ...record, result: null });
      await store.finish(record);
      return synced.splice(0);
    };
    const pathsOf = (id: string): string[] => [
      store.files(id).record,
      store.files(id).dir,
      join(stateDir, 'runs'),
    ];
    expect(await syncsOf('first')).toEqual([...pathsOf('first'), stateDir]);
    expect(await syncsOf('second')).toEqual(pathsOf('second'));
  },
);

it.runIf(process.platform !== 'win32')(
  'is there, and what it took the place of is not, where its writer is killed before that is cut off',
  async () => {
    const stateDir = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'write-result-')));
    onTestFinished(() => fs.rmSync(stateDir, { recursive: true, force: true }));
    const script = fileURLToPath(new URL('fixtures/killed-in-a-write.ts', import.meta.url));
    const { signal } = spawnSync(process.execPath, [script, stateDir]);
    expect(signal).toBe('SIGKILL');
    const [id = ''] = fs.readdirSync(join(stateDir, 'runs'));
    expect(fs.readFileSync(join(stateDir, 'runs', id, 'run.jsonl'), 'utf8')).not.toContain('PADDING');
    const { createJobs } = await import('../jobs.ts');
    const jobs = createJobs({ stateDir, keeper: false });
    onTestFinished(() => jobs.close());
    expect(await jobs.wait({ kind: 'local', id })).toMatchObject({
      status: 'failed',
      error: { code: 'SPAWN_FAILED' },
    });
  },
);

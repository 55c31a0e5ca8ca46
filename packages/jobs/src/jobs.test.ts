import { expect, it } from 'vitest';

import type { AdapterRun, JobAdapter, JobContext, JobState } from './job-adapter.ts';
import type { JobResult } from './job-result.ts';
import { createJobs } from './jobs.ts';

interface Known {
  context: JobContext;
  run: AdapterRun;
}

/** The smallest engine: it runs nothing, and answers each input as output. */
function echoEngine(): { adapter: JobAdapter; known: Map<string, Known> } {
  const known = new Map<string, Known>();
  const stateOf = (id: string): JobState => ({
    id,
    name: known.get(id)?.context.spec.name ?? '',
    status: 'completed',
    contextId: known.get(id)?.context.id ?? '',
    pid: null,
    elapsedMs: 0,
    attempt: 1,
    stopFailure: null,
    progress: null,
    createdAt: 0,
  });
  const resultOf = (id: string): JobResult => ({
    id,
    name: stateOf(id).name,
    status: 'completed',
    output: JSON.parse(known.get(id)?.run.input ?? 'null') as unknown,
    error: null,
    stderr: '',
    outputDir: null,
    artifacts: [],
    metrics: { wallMs: 0, cpuMs: null, peakMemoryBytes: null, retries: 0 },
    limits: {},
    createdAt: 0,
    startedAt: 0,
    endedAt: 0,
  });
  const begin = (context: JobContext, run: AdapterRun): string => {
    const id = `run-${known.size}`;
    known.set(id, { context, run });
    return id;
  };
  const kind = 'echo';
  const adapter: JobAdapter = {
    kind,
    create: async (spec) => ({ kind, id: `context-of-${spec.name}`, spec }),
    execute: async (context, run) => resultOf(begin(context, run)),
    executeBackground: async (context, run) => ({ kind, id: begin(context, run) }),
    status: async ({ id }) => stateOf(id),
    wait: async ({ id }) => resultOf(id),
    cancel: async ({ id }) => resultOf(id),
    list: async () => [...known.keys()].map(stateOf),
    destroy: async ({ id }) => void known.delete(id),
  };
  return { adapter, known };
}

it('has another engine behind the same calls, which gets what was checked', async () => {
  const { adapter, known } = echoEngine();
  const jobs = createJobs({ adapter });
  expect(jobs.kind).toBe('echo');
  const context = await jobs.createContext(
    { name: 'a', command: `say "hello world"`, env: { N: 1 } },
    { cwd: '/' },
  );
  expect(context.spec).toMatchObject({ argv: ['say', 'hello world'], env: { N: '1' }, cwd: '/' });
  expect(await jobs.execute(context, { input: { x: 1 }, env: { A: 'b' }, key: 'k' })).toMatchObject({
    status: 'completed',
    output: { x: 1 },
  });
  expect(known.get('run-0')?.run).toEqual({ input: '{"x":1}', env: { A: 'b' }, key: 'k' });
  const handle = await jobs.executeBackground(await jobs.createContext({ name: 'b', command: 'x' }));
  expect(handle).toEqual({ kind: 'echo', id: 'run-1' });
  expect(await jobs.status(handle)).toMatchObject({ name: 'b', status: 'completed' });
  expect(await jobs.wait(handle)).toMatchObject({ id: 'run-1', output: null });
  expect(await jobs.cancel(handle)).toMatchObject({ id: 'run-1', status: 'completed' });
  expect(await jobs.list({ name: 'b' })).toMatchObject([{ id: 'run-1' }]);
  expect(await jobs.list({ context })).toMatchObject([{ id: 'run-0' }]);
  expect(await jobs.list({ status: 'failed' })).toEqual([]);
  await jobs.destroy(handle);
  expect([...known.keys()]).toEqual(['run-0']);
  await jobs.close();
});

it('refuses what is of another engine, and what is no run', async () => {
  const { adapter, known } = echoEngine();
  const jobs = createJobs({ adapter });
  const context = await jobs.createContext({ command: 'x' });
  const local = { kind: 'local', id: 'run-0' };
  for (const ask of [jobs.status, jobs.wait, jobs.cancel, jobs.destroy]) {
    await expect(ask(local)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  }
  await expect(jobs.execute({ ...context, kind: 'local' })).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  await expect(jobs.execute(context, { key: '' })).rejects.toThrow(TypeError);
  await expect(jobs.execute(context, { env: { 'A=B': '1' } })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
  expect(known.size).toBe(0);
});

it('refuses options that nobody knows, and values that make no sense', async () => {
  const refused = { code: 'CONFIG_INVALID' };
  const attempt = (options: object) => () => createJobs(options);
  expect(attempt({ concurency: 2 })).toThrow(/unknown key "concurency"; the keys are stateDir, concurrency,/);
  expect(attempt({ retention: { weeks: 1 } })).toThrow(
    /retention: unknown key "weeks"; the keys are runs, days/,
  );
  expect(attempt({ concurrency: 0 })).toThrow(/concurrency must be a whole number from 1; found 0/);
  expect(attempt({ graceMs: -1 })).toThrow(/graceMs must be a whole number from 0/);
  expect(attempt({ stateDir: '' })).toThrow(/stateDir must be the path of a folder/);
  expect(attempt({ inputVariable: 'A B' })).toThrow(/inputVariable must be the name of a variable/);
  expect(attempt({ keeper: 'no' })).toThrow(expect.objectContaining(refused));
  const jobs = createJobs({ adapter: echoEngine().adapter });
  const context = await jobs.createContext({ command: 'x' });
  const misspelt = { inputs: 1 } as object;
  await expect(jobs.execute(context, misspelt)).rejects.toMatchObject(refused);
  await expect(jobs.executeBackground(context, misspelt)).rejects.toThrow(/run: unknown key "inputs"/);
});

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createJobs } from '@project-runner/jobs';
import type { JobProgress } from '@project-runner/jobs';
import { isProcessAlive } from '@project-runner/launcher-local';
import { describe, expect, it, vi } from 'vitest';

import { spawnJobsCaller } from '../support/spawn-jobs-caller.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { nodeJob, shellJob, testJobs } from '../support/test-jobs.ts';

describe('the output of a job', () => {
  it('is its stdout as JSON, else its stdout', async () => {
    const { run } = testJobs();
    const json = await run({ command: nodeJob('console.log(JSON.stringify({ a: [1] }))') });
    expect(json).toMatchObject({ status: 'completed', output: { a: [1] }, error: null, name: 'job' });
    const plain = await run({ command: 'echo "hello  world"' });
    expect(plain).toMatchObject({ status: 'completed', output: { stdout: 'hello  world\n' } });
    expect((await run({ command: 'true' })).output).toEqual({ stdout: '' });
    for (const channel of ['/dev/stdout', '"$PROJECT_RUNNER_RESULT"']) {
      const marked = await run({ command: shellJob(`printf '\\357\\273\\277{"bom":1}' | cat > ${channel}`) });
      expect(marked).toMatchObject({ status: 'completed', output: { bom: 1 } });
    }
  });

  it('is what it wrote to its result file, whatever it printed; progress on the way is told', async () => {
    const { run } = testJobs();
    const told: JobProgress[] = [];
    const code = `
      const { appendFileSync } = require('node:fs');
      const tell = (value) => appendFileSync(process.env.PROJECT_RUNNER_RESULT, JSON.stringify(value) + '\\n');
      console.log('{"not":"this"}');
      for (let i = 0; i < 100; i += 1) tell({ progress: i / 100, step: 'step ' + i });
      tell({ answer: 42 });
      tell({ progress: 1 });
    `;
    const result = await run({ command: nodeJob(code) }, { onProgress: (progress) => told.push(progress) });
    expect(result).toMatchObject({ status: 'completed', output: { answer: 42 } });
    expect(told).toHaveLength(101);
    expect(told[37]).toEqual({ progress: 0.37, step: 'step 37' });
    expect(told.at(-1)).toEqual({ progress: 1, step: null });
  });

  it('is not a result file with anything but JSON in it: that is a failure', async () => {
    const { run } = testJobs();
    const result = await run({
      command: shellJob('echo "{\\"a\\": [1, 2" > "$PROJECT_RUNNER_RESULT"; echo out'),
    });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'JOB_OUTPUT_INVALID', exitCode: 0 },
      output: { stdout: 'out\n' },
    });
    expect(result.error?.message).toMatch(/its result file is no JSON/);
  });

  it('is kept as text where it is nested too deep to be written again, and refused in a result file', async () => {
    const { jobs, run, stateDir } = testJobs();
    const nested = `'['.repeat(200000) + ']'.repeat(200000)`;
    const printed = await run({ command: nodeJob(`process.stdout.write(${nested})`) });
    expect(printed).toMatchObject({ status: 'completed', error: null });
    expect(printed.output).toEqual({ stdout: '['.repeat(200_000) + ']'.repeat(200_000) });
    const code = `require('node:fs').writeFileSync(process.env.PROJECT_RUNNER_RESULT, ${nested})`;
    const written = await run({ command: nodeJob(code) });
    expect(written).toMatchObject({ status: 'failed', error: { code: 'JOB_OUTPUT_INVALID' } });
    expect(written.error?.message).toMatch(/nested deeper than 1000 levels/);
    await jobs.close();
    const later = createJobs({ stateDir, keeper: false });
    const states = await later.list();
    expect(states.map(({ status }) => status)).toEqual(['completed', 'failed']);
    expect(readFileSync(join(stateDir, 'runs', printed.id, 'run.jsonl'), 'utf8')).toContain('"completed"');
    await later.close();
  });

  it('is not waited for where the job made a pipe of its result file', async () => {
    const { run } = testJobs();
    const told: JobProgress[] = [];
    const command = shellJob('mkfifo "$PROJECT_RUNNER_RESULT"; echo out; sleep 0.3');
    const result = await run({ command }, { onProgress: (progress) => told.push(progress) });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'JOB_OUTPUT_INVALID' },
      output: { stdout: 'out\n' },
    });
    expect(told).toEqual([]);
  });

  it('has its files, each with size and digest, and no links', async () => {
    const { run } = testJobs();
    const code = `cd "$PROJECT_RUNNER_OUTPUT_DIR"; mkdir -p deep/er; printf abc > b.txt; printf '' > deep/er/empty
      head -c 3000000 /dev/zero > a.bin; ln -s /etc/passwd link; ln -s / root`;
    const { artifacts, outputDir } = await run({ command: shellJob(code) });
    const digest = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
    expect(artifacts).toEqual([
      { path: 'a.bin', size: 3_000_000, sha256: digest(Buffer.alloc(3_000_000)) },
      { path: 'b.txt', size: 3, sha256: digest('abc') },
      { path: 'deep/er/empty', size: 0, sha256: digest('') },
    ]);
    expect(readFileSync(join(outputDir ?? '', 'b.txt'), 'utf8')).toBe('abc');
  });

  it('has the last of a flood on stderr, behind a mark', async () => {
    const { run } = testJobs();
    const code =
      'for (let i = 0; i < 200000; i += 1) process.stderr.write("warning " + i + "\\n"); console.log(1)';
    const { status, stderr, output } = await run({ command: nodeJob(code) });
    expect({ status, output }).toEqual({ status: 'completed', output: 1 });
    expect(stderr).toMatch(/^\[… \d+ bytes before this are not kept\]\n/);
    expect(stderr.endsWith('warning 199999\n')).toBe(true);
    expect(Buffer.byteLength(stderr)).toBeLessThan(66_000);
    expect(Buffer.byteLength(stderr)).toBeGreaterThan(65_000);
  });
});

describe('the input of a job', () => {
  const read = `
    const names = ['PROJECT_RUNNER_INPUT', 'BZZZ_INPUT'].filter((name) => name in process.env);
    const text = require('node:fs').readFileSync(0, 'utf8');
    console.log(JSON.stringify({ names, stdin: text.length, value: JSON.parse(process.env.PROJECT_RUNNER_INPUT ?? text).length }));
  `;

  it('is in a variable up to 64 KiB, and on stdin beyond', async () => {
    const { run } = testJobs();
    const small = await run({ command: nodeJob(read) }, { input: 'x'.repeat(65_534) });
    expect(small.output).toEqual({ names: ['PROJECT_RUNNER_INPUT'], stdin: 0, value: 65_534 });
    const large = await run({ command: nodeJob(read) }, { input: 'x'.repeat(65_535) });
    expect(large.output).toEqual({ names: [], stdin: 65_537, value: 65_535 });
  });

  it('may have 10 MB, and comes back whole', async () => {
    const { run, stateDir } = testJobs();
    const input = { text: 'ü"\n'.repeat(1_700_000) };
    const { status, output, id } = await run({ command: 'cat' }, { input });
    expect(status).toBe('completed');
    expect(JSON.stringify(output) === JSON.stringify(input)).toBe(true);
    // It may be a secret, and is not needed any more.
    const left = readdirSync(join(stateDir, 'runs', id)).filter((name) => name.startsWith('input'));
    expect(left).toEqual([]);
  });

  it('is gone where its caller leaves as soon as it has the result', async () => {
    const stateDir = join(tempFolder(), 'jobs');
    const caller = spawnJobsCaller({
      options: { stateDir },
      spec: { command: 'wc -c' },
      runs: [{ input: 'x'.repeat(100_000) }],
      leave: true,
    });
    await caller.exited;
    const { id = '', output } = caller.said.find(({ result }) => result)?.result ?? {};
    expect(output).toBe(100_002);
    expect(readdirSync(join(stateDir, 'runs', id)).filter((name) => name.startsWith('input'))).toEqual([]);
  });

  it('is in more variables where the spec wants it, and null without one', async () => {
    const { run } = testJobs();
    const { output } = await run({ command: nodeJob(read), inputVariables: ['BZZZ_INPUT'] }, { input: [1] });
    expect(output).toEqual({ names: ['PROJECT_RUNNER_INPUT', 'BZZZ_INPUT'], stdin: 0, value: 1 });
    const none = await run({ command: nodeJob('console.log(process.env.PROJECT_RUNNER_INPUT)') });
    expect(none.output).toBeNull();
  });

  it('must be something that JSON can tell', async () => {
    const { run } = testJobs();
    await expect(run({ command: 'true' }, { input: () => 1 })).rejects.toThrow(TypeError);
  });
});

describe('the environment of a job', () => {
  const show = nodeJob('console.log(JSON.stringify(process.env))');

  it('has what is given and nothing of the caller but an allow-list', async () => {
    vi.stubEnv('MY_SECRET', 'do not tell');
    vi.stubEnv('TZ', 'Europe/Vienna');
    const { run } = testJobs();
    vi.unstubAllEnvs();
    const { output } = await run({ command: show, env: { A: 'spec', B: 'spec' } }, { env: { B: 'run' } });
    expect(output).toMatchObject({ A: 'spec', B: 'run', TZ: 'Europe/Vienna', HOME: process.env.HOME });
    expect(output).not.toHaveProperty('MY_SECRET');
  });

  it('isolated: has a home of its own, that goes with it', async () => {
    const { run } = testJobs();
    vi.stubEnv('HTTP_PROXY', 'http://proxy.example');
    vi.unstubAllEnvs();
    const { output } = await run({ command: show, isolate: true, env: { A: '1' } });
    const { HOME, TMPDIR, ...rest } = output as Record<string, string>;
    expect(HOME).not.toBe(process.env.HOME);
    expect(TMPDIR).toBe(join(HOME ?? '', 'tmp'));
    expect(rest).toMatchObject({ A: '1', PATH: process.env.PATH });
    expect(rest).not.toHaveProperty('HTTP_PROXY');
    expect(rest).not.toHaveProperty('USER');
    await vi.waitUntil(() => !existsSync(HOME ?? ''), 10_000);
  });

  it('is not kept', async () => {
    const { run, stateDir } = testJobs();
    const { id } = await run({ command: 'true', env: { TOKEN: 'hush-hush' } }, { input: 'psst-psst' });
    const record = readFileSync(join(stateDir, 'runs', id, 'run.jsonl'), 'utf8');
    expect(record).toContain('"completed"');
    expect(record).not.toMatch(/hush-hush|psst-psst/);
  });

  it('has its working folder relative to the file of the spec', async () => {
    const { jobs } = testJobs();
    const dir = tempFolder();
    writeFileSync(join(dir, 'where.yaml'), 'command: pwd\ncwd: .\n');
    const context = await jobs.createContext('where.yaml', { cwd: dir });
    expect(await jobs.execute(context)).toMatchObject({ name: 'where', output: { stdout: `${dir}\n` } });
  });
});

describe('a job that fails', () => {
  it('has its exit code and its last words', async () => {
    const { run } = testJobs();
    const { status, error, stderr } = await run({ name: 'demo', command: shellJob('echo oops >&2; exit 3') });
    expect({ status, stderr }).toEqual({ status: 'failed', stderr: 'oops\n' });
    expect(error).toMatchObject({ code: 'JOB_FAILED', exitCode: 3, signal: null });
    expect(error?.message).toBe('demo ended with exit code 3:\noops');
  });

  it('has its signal', async () => {
    const { run } = testJobs();
    const { error } = await run({ command: nodeJob('process.kill(process.pid, "SIGKILL")') });
    expect(error).toMatchObject({ code: 'JOB_FAILED', exitCode: null, signal: 'SIGKILL' });
  });

  it('has the reason why it could not be started', async () => {
    const { run } = testJobs();
    const missing = await run({ command: 'no-such-program --flag' });
    expect(missing).toMatchObject({ status: 'failed', error: { code: 'SPAWN_FAILED' }, startedAt: null });
    expect(missing.error?.message).toMatch(/no-such-program could not be started .* no such program on PATH/);
    const nowhere = await run({ command: 'true', cwd: '/no/such/folder' });
    expect(nowhere.error).toMatchObject({ code: 'SPAWN_FAILED' });
    expect(nowhere.error?.message).toMatch(/the folder is not there/);
  });

  it('has the reason, too, where what is there cannot be run, and is not tried again', async () => {
    const { run } = testJobs();
    const dir = tempFolder();
    mkdirSync(join(dir, 'folder'));
    writeFileSync(join(dir, 'plain.sh'), '#!/bin/sh\n', { mode: 0o644 });
    writeFileSync(join(dir, 'absent.sh'), '#!/no/such/interpreter\n', { mode: 0o755 });
    writeFileSync(join(dir, 'windows.sh'), '#!/bin/sh\r\necho 1\r\n', { mode: 0o755 });
    writeFileSync(join(dir, 'by-env.sh'), '#!/usr/bin/env no-such-interpreter\n', { mode: 0o755 });
    for (const [name, reason] of [
      ['folder', /folder is a folder/],
      ['plain.sh', /the file is not executable/],
      ['absent.sh', /absent\.sh names "\/no\/such\/interpreter", which is not there/],
      ['windows.sh', /names "\/bin\/sh\\r", which is not there/],
      ['by-env.sh', /names "no-such-interpreter", which is not there/],
    ] as const) {
      const result = await run({ command: [join(dir, name)], retries: 3 });
      expect(result).toMatchObject({
        status: 'failed',
        error: { code: 'SPAWN_FAILED', exitCode: null },
        startedAt: null,
        metrics: { retries: 0 },
      });
      expect(result.error?.message).toMatch(reason);
    }
    // A program that says 127 by itself was started.
    const own = await run({ command: shellJob('exit 127'), retries: 1 });
    expect(own).toMatchObject({ error: { code: 'JOB_FAILED', exitCode: 127 }, metrics: { retries: 1 } });
  });

  it('is tried again as often as its spec says, from a clean start', async () => {
    const { run } = testJobs();
    const trace = join(tempFolder(), 'trace');
    const code = `echo x >> ${trace}; ls "$PROJECT_RUNNER_OUTPUT_DIR"; touch "$PROJECT_RUNNER_OUTPUT_DIR/file"
      cat "$PROJECT_RUNNER_RESULT" 2> /dev/null; [ "$(wc -l < ${trace})" = 3 ] || { echo '"bad"' > "$PROJECT_RUNNER_RESULT"; exit 1; }`;
    const result = await run({ command: shellJob(code), retries: 5 });
    expect(result).toMatchObject({ status: 'completed', output: { stdout: '' }, metrics: { retries: 2 } });
    expect(result.artifacts.map(({ path }) => path)).toEqual(['file']);
    const never = await run({ command: 'false', retries: 1 });
    expect(never).toMatchObject({ status: 'failed', metrics: { retries: 1 }, error: { exitCode: 1 } });
  });
});

it('says what a job used', async () => {
  const { run } = testJobs();
  const code =
    'const a = Buffer.alloc(60e6, 1); const end = Date.now() + 600; while (Date.now() < end); console.log(a.length)';
  const { metrics, startedAt, endedAt, createdAt } = await run({ command: nodeJob(code) });
  expect(metrics.wallMs).toBeGreaterThan(590);
  expect(metrics.cpuMs).toBeGreaterThan(100);
  expect(metrics.peakMemoryBytes).toBeGreaterThan(60e6);
  expect(metrics.peakMemoryBytes).toBeLessThan(400e6);
  expect(createdAt).toBeLessThanOrEqual((startedAt ?? 0) + 20);
  expect(endedAt).toBeGreaterThan((startedAt ?? endedAt) + 590);
});

it('leaves nothing of a job behind, wherever it went', async () => {
  const { run } = testJobs();
  const code = `
    const { spawn } = require('node:child_process');
    const child = spawn('setsid', ['sh', '-c', 'sleep 300 & echo $!; wait'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.once('data', (pid) => { console.log(Number(pid)); process.exit(); });
  `;
  const { output, status } = await run({ command: nodeJob(code) });
  expect(status).toBe('completed');
  expect(Number(output)).toBeGreaterThan(0);
  expect(isProcessAlive(Number(output))).toBe(false);
});

it('200 jobs with a limit of 8: all complete, never more than 8 at once', async () => {
  const { jobs } = testJobs({ concurrency: 8 });
  const dir = tempFolder();
  // A folder for each that runs; each tells how many it sees.
  const code = `mkdir ${dir}/$$; ls ${dir} | wc -l; rmdir ${dir}/$$`;
  const context = await jobs.createContext({ command: shellJob(code) });
  const results = await Promise.all(Array.from({ length: 200 }, () => jobs.execute(context)));
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['completed']));
  const seen = results.map(({ output }) => Number(output));
  expect(Math.max(...seen)).toBeLessThanOrEqual(8);
  expect(new Set(results.map(({ id }) => id)).size).toBe(200);
  expect(await jobs.list({ status: 'completed' })).toHaveLength(200);
});

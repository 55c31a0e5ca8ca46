import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import type { LauncherPlugin, ProcessHandle } from '@project-runner/core';
import { ProjectRunnerError } from '@project-runner/core';
import { createJobs } from '@project-runner/jobs';
import { isProcessAlive, launcherLocal } from '@project-runner/launcher-local';
import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { shellJob, testJobs } from '../support/test-jobs.ts';

const freezer = '/sys/fs/cgroup/freezer';

/** A process that is frozen in a version 1 hierarchy does not even hear SIGKILL before it is thawed. */
function mayFreeze(): boolean {
  try {
    accessSync(join(freezer, 'cgroup.procs'), constants.W_OK);
    return existsSync(join(freezer, 'tasks')) && process.getuid?.() === 0;
  } catch {
    return false;
  }
}

interface Frozen {
  thaw(): void;
}

function freeze(pid: number): Frozen {
  const dir = join(freezer, `jobs-test-${process.pid}-${pid}`);
  mkdirSync(dir);
  const tell = (state: string): void => writeFileSync(join(dir, 'freezer.state'), state);
  onTestFinished(async () => {
    tell('THAWED');
    if (isProcessAlive(pid)) process.kill(pid, 'SIGKILL');
    await eventually(
      () => readFileSync(join(dir, 'cgroup.procs'), 'utf8'),
      (pids) => pids === '',
    );
    rmdirSync(dir);
  });
  writeFileSync(join(dir, 'cgroup.procs'), String(pid));
  tell('FROZEN');
  return { thaw: () => tell('THAWED') };
}

describe.skipIf(!mayFreeze())('a process that SIGKILL does not end (needs root and the freezer)', () => {
  it('keeps its run from being over: survivors are told by pid, and go on being stopped', async () => {
    const { jobs, stateDir } = testJobs({ graceMs: 100 });
    const handle = await jobs.executeBackground(await jobs.createContext({ command: 'sleep 60' }));
    const { pid } = await eventually(
      () => jobs.status(handle),
      ({ status }) => status === 'running',
    );
    const frozen = freeze(pid ?? 0);
    const other = createJobs({ stateDir, keeper: false });
    const failure = { code: 'STOP_FAILED', message: expect.stringContaining(`${pid} (`) as string };
    await Promise.all([
      expect(jobs.cancel(handle)).rejects.toMatchObject(failure),
      expect(other.cancel(handle)).rejects.toMatchObject(failure),
      expect(other.destroy(handle)).rejects.toMatchObject(failure),
    ]);
    for (const each of [jobs, other]) {
      const state = await each.status(handle);
      expect(state).toMatchObject({ status: 'running', pid });
      expect(state.stopFailure).toContain(`${pid} (`);
    }
    frozen.thaw();
    expect(await other.wait(handle)).toMatchObject({
      status: 'cancelled',
      error: { code: 'JOB_CANCELLED' },
    });
    expect(isProcessAlive(pid ?? 0)).toBe(false);
    expect(await jobs.status(handle)).toMatchObject({ status: 'cancelled', stopFailure: null });
    await other.close();
  });

  it('and outlives the first one keeps it, too, also for who takes the run over', async () => {
    const { jobs, stateDir } = testJobs({ graceMs: 100 });
    const dir = tempFolder();
    const [file, gate] = [join(dir, 'pid'), join(dir, 'gate')];
    const code = `setsid sleep 60 & echo $! > ${file}; until [ -e ${gate} ]; do sleep 0.02; done; echo '"done"'`;
    const handle = await jobs.executeBackground(await jobs.createContext({ command: shellJob(code) }));
    const pid = await eventually(
      () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0),
      (found) => found > 0,
    );
    const frozen = freeze(pid);
    writeFileSync(gate, '');
    const state = await eventually(
      () => jobs.status(handle),
      ({ stopFailure }) => stopFailure !== null,
    );
    expect(state).toMatchObject({ status: 'running', pid: null });
    expect(state.stopFailure).toContain(`${pid} (`);
    await jobs.close();
    const other = createJobs({ stateDir, keeper: false });
    // The one before told it, and is gone.
    const waiting = other.wait(handle);
    await expect(other.cancel(handle)).rejects.toMatchObject({ code: 'STOP_FAILED' });
    frozen.thaw();
    // It had ended by itself before anybody wanted it to.
    expect(await waiting).toMatchObject({ status: 'completed', output: 'done' });
    expect(isProcessAlive(pid)).toBe(false);
    await other.close();
  });
});

/** As the local one, but for stops: the first ones fail. */
function failingLauncher(failures: number): LauncherPlugin {
  const local = launcherLocal();
  let left = failures;
  return {
    ...local,
    async launch(spec) {
      const handle = await local.launch(spec);
      const stop: ProcessHandle['stop'] = (options) => {
        left -= 1;
        return left < 0
          ? handle.stop(options)
          : Promise.reject(new ProjectRunnerError('STOP_FAILED', `${handle.ref.pid} (sleep) survived`));
      };
      return { ...handle, stop };
    },
  };
}

it('a stop that failed is tried again: a time limit has its result when the tree is gone, and not before', async () => {
  const { jobs } = testJobs({ launcher: failingLauncher(1), graceMs: 100 });
  const spec = { command: 'sleep 60', limits: { timeSeconds: 0.3 } };
  const handle = await jobs.executeBackground(await jobs.createContext(spec));
  const { pid, status } = await eventually(
    () => jobs.status(handle),
    ({ stopFailure }) => stopFailure !== null,
  );
  expect(status).toBe('running');
  expect(isProcessAlive(pid ?? 0)).toBe(true);
  expect(await jobs.wait(handle)).toMatchObject({ status: 'timed-out', error: { code: 'JOB_TIMEOUT' } });
  expect(isProcessAlive(pid ?? 0)).toBe(false);
});

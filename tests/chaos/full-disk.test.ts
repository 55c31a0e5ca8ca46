import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RunningServer } from '@project-runner/core';
import { launcherLocal } from '@project-runner/launcher-local';
import { logsFile } from '@project-runner/logs-file';
import { LocalProcessRunner } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';
import { describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.ts';
import { serverProject } from '../support/server-project.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { deployFolder, testRunner } from '../support/test-runner.ts';

// Only root may mount the small file system that fills up for real.
const mayMount = process.platform === 'linux' && process.getuid?.() === 0;

function smallVolume(megabytes: number): string {
  const dir = tempFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'none', dir]);
  onTestFinished(() => void execFileSync('umount', ['-l', dir]));
  return dir;
}

function fillUp(dir: string): string {
  const ballast = join(dir, 'ballast');
  const { bavail, bsize } = statfsSync(dir);
  try {
    writeFileSync(ballast, Buffer.alloc(bavail * bsize));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return ballast;
}

async function answer({ port }: RunningServer): Promise<{ lines: number }> {
  return (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as { lines: number };
}

function runnerOn(config: RunnerConfig) {
  return testRunner({ portRange: { start: 20_080, end: 20_099 }, ...config });
}

describe.skipIf(!mayMount)('a disk that is full (needs root on Linux for a small tmpfs)', () => {
  it('under the log files: servers answer, the loss is told, and the log goes on when there is space', async () => {
    const volume = smallVolume(4);
    const { runner } = runnerOn({ plugins: [logsFile({ dir: volume, maxBytes: 200_000, maxFiles: 1000 })] });
    const losses: number[] = [];
    runner.on('log-loss', ({ lines }) => losses.push(lines));
    const { server } = await deployFolder(runner, await serverProject('chatty'));
    const ballast = fillUp(volume);
    await eventually(
      () => losses.length,
      (count) => count > 3,
    );
    const { lines } = await answer(server);
    expect(runner.getStats().lostLogLines).toBeGreaterThan(0);
    // The other sinks have all lines.
    await eventually(
      () => runner.getLogs(server, { tail: 200 }),
      (text) => text.includes(`out ${lines} `),
    );
    rmSync(ballast);
    const kept = (): string =>
      readdirSync(join(volume, server.id))
        .filter((name) => /^\d+\.log$/.test(name))
        .map((name) => readFileSync(join(volume, server.id, name), 'utf8'))
        .join('');
    await eventually(kept, (text) => /\[project-runner\] \d+ lines? lost\n/.test(text));
    await runner.stop(server);
    const total = await runner.getLogs(server);
    expect(total).toContain('the end');
  });

  it('under the spools: servers answer, what is dropped is told, and it goes on when there is space', async () => {
    const volume = smallVolume(24);
    mkdirSync(join(volume, 'state'));
    const logs = tempFolder();
    const { runner, warnings } = runnerOn({
      stateDir: join(volume, 'state'),
      plugins: [launcherLocal({ minFreeBytes: 4 * 1024 * 1024 }), logsFile({ dir: logs })],
    });
    const { server } = await deployFolder(runner, await serverProject('chatty'));
    // Some space ahead is taken soon after the start.
    await eventually(
      () => statSync(join(volume, 'state/servers', server.id, 'runs/1/stdout')).blocks * 512,
      (bytes) => bytes > 512 * 1024,
    );
    const ballast = fillUp(volume);
    const before = await answer(server);
    await eventually(
      () => answer(server),
      ({ lines }) => lines > before.lines + 10_000,
      20_000,
    );
    rmSync(ballast);
    const after = await answer(server);
    await eventually(
      () => runner.getLogs(server, { tail: 500 }),
      (text) => Number(/out (\d+) [^\n]*$/.exec(text)?.[1]) > after.lines,
    );
    expect(await runner.healthCheck(server)).toMatchObject({ healthy: true });
    expect(runner.getServerStatus(server)).toMatchObject({ state: 'ready', restarts: 0 });
    await runner.stop(server);
    expect(warnings.filter((text) => text.includes('failed'))).toEqual([]);
  });

  it('under the state: what runs runs on and is taken over, and a deploy says what is wrong until there is space', async () => {
    const stateDir = smallVolume(8);
    const { runner, config, warnings } = runnerOn({ stateDir, restart: { initialDelayMs: 1 } });
    const { server, project, deployment, build } = await deployFolder(runner, await serverProject('well'));
    const ballast = fillUp(stateDir);
    const other = { ...deployment, id: `${deployment.id}-2` };
    await expect(runner.deploy(project, other, build)).rejects.toMatchObject({
      code: 'STATE_UNWRITABLE',
      message: expect.stringContaining('ENOSPC') as string,
      cause: expect.objectContaining({ code: 'ENOSPC' }) as unknown,
    });
    expect(runner.getStats()).toMatchObject({ runningProcesses: 1, allocatedPorts: [server.port] });
    await runner.shutdown({ servers: 'leave' });

    const next = new LocalProcessRunner(config);
    onTestFinished(() => next.shutdown());
    expect(await next.recover()).toMatchObject([{ id: server.id, processId: server.processId }]);
    expect(await next.healthCheck(server)).toEqual({ healthy: true });
    rmSync(ballast);
    const second = await next.deploy(project, other, build);
    expect(await next.healthCheck(second)).toEqual({ healthy: true });
    await next.stop(server);
    await next.stop(second);
    expect(warnings.join('\n')).not.toContain('STOP_FAILED');
    expect(readdirSync(join(stateDir, 'servers'))).toEqual([]);
  });

  it('is not filled by a flood', async () => {
    const volume = smallVolume(128);
    const logs = tempFolder();
    const { runner } = runnerOn({
      stateDir: volume,
      plugins: [
        launcherLocal({ spoolBudgetBytes: 32 * 1024 * 1024, minFreeBytes: 48 * 1024 * 1024 }),
        logsFile({ dir: logs, maxFiles: 3 }),
      ],
    });
    const { server } = await deployFolder(runner, await serverProject('floods'));
    let least = Number.POSITIVE_INFINITY;
    const flood = fetch(`http://127.0.0.1:${server.port}/flood`).then((response) => response.text());
    let over = false;
    void flood.then(() => {
      over = true;
    });
    await eventually(
      () => {
        const { bavail, bsize } = statfsSync(volume);
        least = Math.min(least, bavail * bsize);
        return over;
      },
      (done) => done,
      60_000,
    );
    // 400 MB went through.
    expect(await flood).toBe('4000000');
    expect(least).toBeGreaterThan(0);
    await eventually(
      () => runner.getLogs(server, { tail: 5 }),
      (text) => text.includes('flood 4000000'),
    );
    await runner.stop(server);
  });
});

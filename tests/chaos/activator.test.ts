import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFailed, onTestFinished } from 'vitest';

import type { ChaosPlan, ChaosReport } from '../support/activator-chaos.ts';
import { createRandom } from '../support/random.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { isLong } from './long.ts';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Pids of processes that were started with this folder as `PROJECT_DIR`. */
function processesOf(dir: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`PROJECT_DIR=${dir}`);
    } catch {
      // Gone while we looked.
      return false;
    }
  });
}

/** A request woke a project that was stopped, or killed, just then. */
const isOfADisturbance =
  /^Nothing could be started for p\d*[05]: (The deploy was cancelled|The server exited before it was ready: it ended with signal SIGKILL)$/;

it(
  'ten thousand projects of which many wake and sleep at random lose no request and leave nothing',
  async () => {
    const dir = tempFolder();
    const random = createRandom();
    const plan: ChaosPlan = {
      dir,
      server: path('../fixtures/servers/tiny.pl'),
      seed: Math.trunc(random() * 2 ** 31),
      known: 10_000,
      woken: isLong ? 300 : 40,
      clients: isLong ? 40 : 8,
      requests: isLong ? 6000 : 200,
    };
    const child = fork(path('../support/activator-chaos.ts'), [JSON.stringify(plan)], {
      env: { ...process.env, XDG_STATE_HOME: dir },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const startedAt = performance.now();
    const [report] = (await once(child, 'message')) as [ChaosReport];
    const tookS = Math.round((performance.now() - startedAt) / 1000);
    onTestFailed(() => console.error(JSON.stringify(report, null, 2)));
    console.log(
      `${report.starts} starts and ${report.answered} answers in ${tookS} s, ${report.disturbed} disturbed; heap grew by ${Math.round(report.heapGrowthBytes / 1024)} kB; 10,000 projects are ${Math.round(report.knownBytes / 1024)} kB, known after ${Math.round(report.knownCpuMs)} ms of CPU`,
    );

    expect(report.failed).toEqual([]);
    expect(report.answered).toBeGreaterThan(plan.requests / 2);
    expect(report.starts).toBeGreaterThan(plan.woken);
    // On paper a project is a few hundred bytes.
    expect(report.knownBytes).toBeLessThan(10_000 * 2048);
    expect(report.heldPorts).toBe(0);
    expect(report.children).toBe(0);
    expect(report.servers).toEqual([]);
    expect(processesOf(dir)).toEqual([]);
    // The event loop opens some of its own as it goes.
    expect(report.openFiles.after).toBeLessThanOrEqual(report.openFiles.before + 3);
    expect(report.heapGrowthBytes).toBeLessThan(8 * 1024 * 1024);
    expect(report.problems.filter((problem) => !isOfADisturbance.test(problem))).toEqual([]);
  },
  isLong ? 1_800_000 : 240_000,
);

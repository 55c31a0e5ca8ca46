import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../support/records.ts';
import { spawnRunner } from '../support/spawn-runner.ts';
import { tempFolder, writeFiles } from '../support/temp-folder.ts';

const MB = 1024 * 1024;

/**
 * What the heap takes before it is tidied up is 60 to 215 MB, and the same for 800 MB of output; to keep the 200 MB would
 * come on top of that.
 */
const growthMb = 280;

/** The most memory that a process ever had, in MB. */
function peakMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

const print = (what: string, times: number): string => `
  import { writeSync } from 'node:fs';
  const text = Buffer.from(${what});
  for (let i = 0; i < ${times}; i += 1) for (let at = 0; at < text.length; ) {
    try { at += writeSync(1, text, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
  }`;

describe('a build that prints 200 MB', () => {
  it.each([
    ['in short lines', print(`('x'.repeat(99) + '\\n').repeat(1024)`, 2048)],
    ['in lines of 64 KB', print(`'y'.repeat(${64 * 1024 - 1}) + '\\n'`, 3200)],
    ['in lines of 60 KB that are not Latin', print(`'€'.repeat(20_000) + '\\n'`, 3500)],
    ['in one line', print(`'z'.repeat(${MB})`, 200)],
  ])(
    '%s does not grow the runner, and its file has all of it',
    async (_, script) => {
      const dir = tempFolder();
      const runner = await spawnRunner({ stateDir: join(dir, 'state'), buildDir: join(dir, 'builds') });
      const small = await writeFiles(tempFolder(), {
        'package.json': { json: { scripts: { build: 'node build.mjs', start: 'node server.mjs' } } },
        'build.mjs': '',
        'server.mjs': '',
      });
      const build = async (): ReturnType<typeof runner.call<'build'>> => {
        const project = projectRecord(small);
        return runner.call('build', project, buildRecord(deploymentRecord(project)), { skipInstall: true });
      };
      // What the code itself needs is not what is asked for here.
      await build();
      const before = peakMb(runner.pid);
      await writeFiles(small, { 'build.mjs': script });
      const { errorMessage, logs, logPath } = await build();
      expect(errorMessage).toBeNull();
      expect(statSync(logPath ?? '').size).toBeGreaterThan(200 * MB);
      expect(logs.length).toBeLessThan(5 * MB);
      expect(logs).toMatch(/^\[\d+ earlier lines are in the log file\]\n/);
      expect(logs.endsWith('Build succeeded')).toBe(true);
      expect(peakMb(runner.pid) - before).toBeLessThan(growthMb);
    },
    120_000,
  );
});

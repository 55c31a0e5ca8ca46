import { describe, expect, it } from 'vitest';

import { kernelPids } from './kernel-pids.ts';
import { readProcFile, readProcStat } from './proc-stat.ts';
import { readProcTable } from './proc-table.ts';

describe.runIf(process.platform === 'linux')('what is the kernel’s own', () => {
  it('has the thread for its parent that starts them, and no session', () => {
    // Those that are gone since are left out.
    const stats = [...kernelPids()].flatMap((pid) => readProcStat(pid) ?? []);
    expect(stats.filter(({ parent, session }) => parent !== 2 || session !== 0)).toEqual([]);
  });

  it.runIf(readProcFile('2/comm') === 'kthreadd\n')('is left out of a table of all processes', () => {
    const kernel = kernelPids();
    expect(kernel.size).toBeGreaterThan(0);
    const { byPid, pids } = readProcTable();
    expect([...byPid.keys()].filter((pid) => kernel.has(pid))).toEqual([]);
    expect(pids.has(process.pid)).toBe(true);
    expect(byPid.has(process.pid)).toBe(true);
  });
});

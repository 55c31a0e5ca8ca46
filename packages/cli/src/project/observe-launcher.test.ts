import { spawn } from 'node:child_process';
import { once } from 'node:events';

import type { LauncherPlugin, LaunchSpec, ProcessExit } from '@project-runner/core';
import { describe, expect, it } from 'vitest';

import { observeLauncher } from './observe-launcher.ts';

const spec: LaunchSpec = {
  id: 'test',
  file: process.execPath,
  args: ['-e', 'setInterval(() => {}, 1000)'],
  cwd: '/',
  env: {},
  ipc: false,
  onOutput() {},
};

describe('observeLauncher', () => {
  it('finds the handle of a process and kills all that run', async () => {
    const observed = observeLauncher(bareLauncher());
    const first = await observed.launcher.launch(spec);
    const second = await observed.launcher.launch(spec);
    expect(observed.find(first.ref.pid)).toBe(first);
    expect(observed.find(null)).toBe(second);
    expect(observed.find(1)).toBeUndefined();
    observed.killAll();
    expect(await Promise.all([first.exited, second.exited])).toEqual([
      { code: null, signal: 'SIGKILL' },
      { code: null, signal: 'SIGKILL' },
    ]);
    // They are gone: nothing to do, nothing to complain about.
    observed.killAll();
  });
});

/** The least that is a launcher: real processes, each leading a group. */
function bareLauncher(): LauncherPlugin {
  return {
    kind: 'launcher',
    name: 'bare',
    apiVersion: 1,
    async launch({ file, args, cwd }) {
      const child = spawn(file, args, { cwd, detached: true, stdio: 'ignore' });
      let exit: ProcessExit | null = null;
      const exited = once(child, 'exit').then(([code, signal]): ProcessExit => (exit = { code, signal }));
      await once(child, 'spawn');
      return {
        ref: { pid: child.pid ?? 0, startTime: null, bootId: null },
        exited,
        closed: exited.then(() => {}),
        exit: () => exit,
        stop: async () => {},
        usage: async () => null,
        listening: async () => null,
      };
    },
  };
}

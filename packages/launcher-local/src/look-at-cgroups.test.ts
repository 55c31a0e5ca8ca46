import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { launcherLocal } from './launcher-local.ts';
import { lookAtCgroups } from './look-at-cgroups.ts';
import { tryHolePunching } from './try-hole-punching.ts';

function folder(base = tmpdir()): string {
  const dir = mkdtempSync(join(base, 'look-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('lookAtCgroups', () => {
  it('tells the hierarchy of each limit', () => {
    expect(lookAtCgroups({ v2: null, v1: {} })).toEqual({
      rung: 'none',
      limits: { memoryBytes: null, cpus: null, pids: null },
      canKill: false,
    });
    const both = lookAtCgroups({ v2: { dir: '/x', controllers: ['memory'] }, v1: { cpu: '/y' } });
    expect(both).toEqual({
      rung: 'cgroup-v2',
      limits: { memoryBytes: 'cgroup-v2', cpus: 'cgroup-v1', pids: null },
      canKill: true,
    });
  });

  it('says what a launch with limits gets', async () => {
    const { limits } = lookAtCgroups();
    const root = folder();
    const handle = await launcherLocal().launch({
      id: `look-${process.pid}`,
      file: 'true',
      args: [],
      cwd: root,
      env: { PATH: process.env.PATH ?? '' },
      ipc: false,
      dir: join(root, 'run'),
      limits: { memoryBytes: 2 ** 30, cpus: 1, pids: 100 },
      onOutput: () => undefined,
    });
    await handle.closed;
    expect(handle.enforced).toEqual(
      Object.fromEntries(Object.entries(limits).filter(([, by]) => by !== null)),
    );
  });
});

it('tryHolePunching leaves nothing behind', async () => {
  const dir = folder();
  expect(['works', 'refused', 'unavailable']).toContain(await tryHolePunching(dir));
  expect(readdirSync(dir)).toEqual([]);
});

it.runIf(process.platform === 'linux')('tryHolePunching uses a file without a name', async () => {
  const [dir, bin] = [folder(), folder()];
  const seen = join(bin, 'seen');
  const { PATH } = process.env;
  const script = `#!/bin/sh\nls -A '${dir}' > '${seen}'\nPATH='${PATH}'\nexec fallocate "$@"\n`;
  writeFileSync(join(bin, 'fallocate'), script, { mode: 0o755 });
  const before = await tryHolePunching(dir);
  vi.stubEnv('PATH', `${bin}:${PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await tryHolePunching(dir)).toBe(before);
  expect(readFileSync(seen, 'utf8')).toBe('');
});

// Only root may become somebody else.
it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'tryHolePunching works where children may not look at the files of this process',
  async () => {
    // The temporary files of a test run may be closed to others.
    const [dir, code] = [folder('/tmp'), folder('/tmp')];
    const before = await tryHolePunching(dir);
    for (const name of ['try-hole-punching.ts', 'fallocate.ts'])
      copyFileSync(join(import.meta.dirname, name), join(code, name));
    chmodSync(code, 0o755);
    chmodSync(dir, 0o777);
    // Of a program that its user cannot read, as of one with capabilities, Linux closes /proc to others.
    const node = join(code, 'node');
    copyFileSync(process.execPath, node);
    chmodSync(node, 0o711);
    const script = `
      const { tryHolePunching } = await import(${JSON.stringify(join(code, 'try-hole-punching.ts'))});
      console.log(await tryHolePunching(${JSON.stringify(dir)}));`;
    const args = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(node, args, { uid: 65_534, gid: 65_534 });
    expect(stdout.trim()).toBe(before);
  },
);

it.runIf(process.platform === 'linux')(
  'tryHolePunching does not guess where nothing can be written',
  async () => {
    await expect(tryHolePunching(join(folder(), 'none'))).rejects.toThrow(/ENOENT/);
  },
);

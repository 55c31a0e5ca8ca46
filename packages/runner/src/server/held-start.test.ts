import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { HeldSocket, PluginSet, PortLease } from '@project-runner/core';
import { expect, it, onTestFinished, vi } from 'vitest';

import { heldStart } from './held-start.ts';
import type { HeldServerStart } from './held-start.ts';

/** A start without a folder of its run, and what it left among the temporary files. */
function start(hold: () => HeldSocket | null): { held(): HeldServerStart | null; left(): string[] } {
  const dir = mkdtempSync(join(tmpdir(), 'h-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  vi.stubEnv('TMPDIR', dir).stubEnv('XDG_RUNTIME_DIR', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  const one = (kind: string): object => ({ kind, name: 'test', apiVersion: 1, inherits: true });
  const plugins = { one } as unknown as PluginSet;
  const lease: PortLease = { port: 1, host: '127.0.0.1', env: {}, hold, release: () => Promise.resolve() };
  const options = { serverId: 'server', run: 1, dir: undefined, socketsDir: undefined, standby: false };
  return {
    held: () => heldStart(lease, { ...options, plugins, launch: { takesSocket: true } }),
    left: () => readdirSync(join(dir, `project-runner-${process.getuid?.()}`)),
  };
}

const prepare = (): ReturnType<HeldSocket['prepare']> => ({
  args: [],
  env: {},
  activate: () => Promise.resolve(),
});

it('heldStart leaves no folder where there is no socket to hold', () => {
  const { held, left } = start(() => null);
  expect(held()).toBeNull();
  expect(left()).toEqual([]);
});

it('heldStart leaves no folder where the strategy fails', () => {
  const { held, left } = start(() => {
    throw new Error('no descriptors');
  });
  expect(held).toThrowError(/no descriptors/);
  expect(left()).toEqual([]);
});

it('heldStart makes a folder for the socket that is removed with it', () => {
  const { held, left } = start(() => ({ fds: [3], prepare }));
  const made = held();
  expect(existsSync(dirname(made?.socketPath ?? ''))).toBe(true);
  made?.remove();
  made?.remove();
  expect(left()).toEqual([]);
});

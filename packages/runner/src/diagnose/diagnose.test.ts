import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { takeLease } from '@project-runner/leases';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { composePlugins } from '../compose-plugins.ts';
import { checkControlGroups } from './check-control-groups.ts';
import { checkPlatform } from './check-platform.ts';
import { checkStateFolder } from './check-state-folder.ts';
import { checkVolume } from './check-volume.ts';
import { diagnose } from './diagnose.ts';
import type { Diagnosis } from './diagnose.ts';
import type { Finding } from './finding.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'diagnose-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function of({ findings }: Diagnosis, check: Finding['check']): Finding | undefined {
  return findings.find((finding) => finding.check === check);
}

describe('the platform', () => {
  it('is good where servers outlive their runner, and Node is new enough', () => {
    const levels = (platform: NodeJS.Platform, node: string): string[] =>
      checkPlatform(platform, node).map(({ level }) => level);
    expect(levels('linux', '22.13.0')).toEqual(['ok', 'ok']);
    expect(levels('linux', '26.0.0')).toEqual(['ok', 'ok']);
    expect(levels('linux', '22.12.9')).toEqual(['ok', 'problem']);
    expect(levels('win32', '20.19.0')).toEqual(['warning', 'problem']);
  });

  it.runIf(process.platform === 'linux')('may lack control groups', () => {
    const limits = { memoryBytes: null, cpus: 'cgroup-v1', pids: null } as const;
    const some = checkControlGroups({ rung: 'cgroup-v1', limits, canKill: false });
    expect(some).toMatchObject({ level: 'warning', details: { rung: 'cgroup-v1', limits } });
    expect(some.message).toBe('The system enforces cpus by cgroup-v1; not memoryBytes, pids');
  });
});

describe('the state folder', () => {
  const look = (dir: string): Finding => checkStateFolder(dir).finding;

  it('may be absent where it can be made', () => {
    const dir = folder();
    const { finding, there } = checkStateFolder(join(dir, 'a/b'));
    expect(finding).toMatchObject({ level: 'ok', details: { exists: false } });
    expect(there).toBe(dir);
  });

  it('cannot be a file, nor in one, and has the same fields then', () => {
    const dir = folder();
    const file = join(dir, 'file');
    writeFileSync(file, '', { mode: 0o755 });
    const fields = Object.keys(look(dir).details);
    expect(checkStateFolder(file)).toMatchObject({
      finding: { level: 'problem', details: { dir: file, exists: true, mode: '0755', servers: 0 } },
      there: dir,
    });
    expect(checkStateFolder(join(file, 'in/it'))).toMatchObject({
      finding: { level: 'problem', message: `${join(file, 'in/it')} cannot be made in ${file}` },
      there: dir,
    });
    for (const path of [file, join(file, 'in/it'), join(dir, 'none')])
      expect(Object.keys(look(path).details)).toEqual(fields);
  });

  it.skipIf(process.platform === 'win32')('cannot be a link that leads nowhere, nor in one', () => {
    const dir = folder();
    const [link, loop] = [join(dir, 'link'), join(dir, 'loop')];
    symlinkSync(join(dir, 'none'), link);
    symlinkSync(loop, loop);
    const fields = Object.keys(look(dir).details);
    for (const path of [link, loop]) {
      expect(checkStateFolder(path)).toMatchObject({
        finding: {
          level: 'problem',
          message: `${path} is a link to what cannot be reached`,
          hint: expect.stringContaining('Remove the link') as string,
          details: { dir: path, exists: false, mode: null },
        },
        there: dir,
      });
      expect(checkStateFolder(join(path, 'in/it'))).toMatchObject({
        finding: { level: 'problem', message: `${join(path, 'in/it')} cannot be made in ${path}` },
        there: dir,
      });
      expect(Object.keys(look(path).details)).toEqual(fields);
    }
    mkdirSync(join(dir, 'none'), { mode: 0o700 });
    expect(look(link)).toMatchObject({ level: 'ok', details: { exists: true } });
    expect(look(join(link, 'in/it'))).toMatchObject({ level: 'ok', details: { exists: false } });
  });

  it.skipIf(process.platform === 'win32')('must be closed to others', () => {
    const dir = folder();
    expect(look(dir)).toMatchObject({ level: 'ok', details: { owner: process.getuid?.(), mode: '0700' } });
    chmodSync(dir, 0o755);
    expect(look(dir)).toMatchObject({
      level: 'warning',
      hint: expect.stringContaining('chmod 700') as string,
    });
    chmodSync(dir, 0o770);
    expect(look(dir)).toMatchObject({ level: 'problem', details: { mode: '0770' } });
  });

  it('tells the living runners of its servers, and servers that have none', () => {
    const dir = folder();
    for (const id of ['one', 'two', 'three']) {
      mkdirSync(join(dir, 'servers', id), { recursive: true });
      writeFileSync(join(dir, 'servers', id, 'server.json'), '{}');
    }
    for (const id of ['one', 'two']) takeLease(join(dir, 'owners'), id, 'supervision');
    expect(look(dir)).toMatchObject({
      level: 'warning',
      message: expect.stringContaining(
        `runner ${process.pid} has 2 servers, 1 server of a runner that is gone`,
      ) as string,
      details: { servers: 3, runners: [{ pid: process.pid, servers: 2 }] },
    });
  });
});

describe('the volume', () => {
  it('is told with its space, and nothing is left on it', async () => {
    const dir = folder();
    const [volume, holes] = await checkVolume(dir);
    expect(volume).toMatchObject({ check: 'volume', details: { dir } });
    expect(volume?.details.freeBytes).toBeGreaterThan(0);
    expect(holes).toMatchObject({ check: 'hole-punching' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is a problem where nothing can be written', async () => {
    const [missing, ...others] = await checkVolume(join(folder(), 'none'));
    expect(others).toEqual([]);
    expect(missing).toMatchObject({ level: 'problem', details: { freeBytes: null } });
    const [volume] = await checkVolume(folder());
    expect(Object.keys(missing?.details ?? {})).toEqual(Object.keys(volume?.details ?? {}));
  });

  // Only root may mount.
  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'is a problem where it is nearly full',
    async () => {
      const dir = folder();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', dir]);
      onTestFinished(() => void execFileSync('umount', ['-l', dir]));
      expect((await checkVolume(dir))[0]).toMatchObject({
        level: 'problem',
        details: { fileSystem: 'tmpfs' },
      });
    },
  );
});

describe('a diagnosis', () => {
  it('says that nothing can be built without a plugin for a framework', async () => {
    const without = composePlugins({})
      .all('framework')
      .map(({ name }) => `framework:${name}` as const);
    const { findings } = await diagnose({ stateDir: folder(), without });
    expect(findings).toContainEqual({
      check: 'framework',
      level: 'warning',
      message: 'There is no plugin for one: nothing can be built',
      hint: 'Add one to plugins',
      details: { names: [] },
    });
  });

  it('looks at ports without leasing any', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const stateDir = join(folder(), 'state');
    const diagnosis = await diagnose({ stateDir, portRange: { start: port, end: port } });
    expect(of(diagnosis, 'ports')).toMatchObject({
      level: 'problem',
      details: { looked: 1, free: 0, busy: [port], leased: [] },
    });
    expect(diagnosis.ok).toBe(false);
    expect(existsSync(stateDir)).toBe(false);
  });

  it('finds the free ports of a large range behind a thousand that are taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const range = { start: port - 600, end: port + 600 };
    const diagnosis = await diagnose({ stateDir: folder(), portRange: range });
    const { level, message, details } = of(diagnosis, 'ports') ?? {};
    expect(level).toBe('ok');
    expect(details?.busy).toContain(port);
    // Elsewhere than on Linux not all of them are looked at.
    const { looked } = details as { looked: number };
    expect(looked).toBe(process.platform === 'linux' ? 1201 : 1000);
    expect(message).toContain(`of ${looked} ports ${looked === 1201 ? '' : 'looked at, of the 1201 '}from`);
  });

  it('of a configuration that is refused says so, and looks at the rest', async () => {
    const diagnosis = await diagnose({ stateDir: folder(), without: ['log-sink:none'] });
    expect(diagnosis).toMatchObject({ ok: false, plugins: [], removed: [] });
    expect(of(diagnosis, 'configuration')).toMatchObject({
      level: 'problem',
      details: { code: 'PLUGIN_MISSING' },
    });
    expect(of(diagnosis, 'ports')).toBeDefined();
  });

  it('calls each wrapper once', async () => {
    let calls = 0;
    const diagnosis = await diagnose({
      stateDir: folder(),
      wrap: {
        'log-sink:file': (inner) => {
          calls += 1;
          return inner;
        },
      },
    });
    expect(diagnosis.plugins.find(({ key }) => key === 'log-sink:file')?.wrapped).toBe(true);
    expect(calls).toBe(1);
  });

  it('refuses what a runner refuses when it is made', async () => {
    const diagnosis = await diagnose({ stateDir: folder(), liveness: true, without: ['health-probe:http'] });
    expect(of(diagnosis, 'configuration')?.message).toMatch(/a health probe with the role liveness/);
  });

  it('ends with its signal', async () => {
    const reason = new Error('enough');
    const asked = diagnose({ stateDir: folder() }, { signal: AbortSignal.abort(reason) });
    await expect(asked).rejects.toBe(reason);
  });

  it('tells a package manager that cannot be run from one that is not there', async () => {
    const bin = folder();
    writeFileSync(join(bin, 'bun'), '#!/bin/sh\n', { mode: 0o644 });
    writeFileSync(join(bin, 'yarn'), '#!/nowhere/node\n', { mode: 0o755 });
    vi.stubEnv('PATH', bin);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { findings } = await diagnose({ stateDir: folder() });
    const manager = (name: string): Finding | undefined =>
      findings.find(({ check, details }) => check === 'package-manager' && details.name === name);
    expect(manager('bun')).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('the file is not executable') as string,
      hint: `Allow it: chmod +x ${join(bin, 'bun')}`,
    });
    expect(manager('yarn')).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('"/nowhere/node", which is not there') as string,
    });
    expect(manager('pnpm')?.message).toBe('pnpm is not there, nor is any other');
  });

  it('asks package managers for their versions, and names the package of each plugin', async () => {
    const diagnosis = await diagnose({ stateDir: folder() });
    const managers = diagnosis.findings.filter(({ check }) => check === 'package-manager');
    expect(managers.map(({ details }) => details.name)).toEqual(['npm', 'pnpm', 'yarn', 'bun']);
    expect(managers[0]).toMatchObject({
      level: 'ok',
      details: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string },
    });
    const sources = diagnosis.plugins.map(({ key, source }) => [key, source?.packageName]);
    expect(Object.fromEntries(sources)).toMatchObject({
      'package-manager:npm': '@project-runner/pm-npm',
      'launcher:local': '@project-runner/launcher-local',
      'log-sink:memory': '@project-runner/runner',
    });
  });
});

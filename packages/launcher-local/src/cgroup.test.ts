import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { LaunchLimits, LaunchSpec, ProcessHandle } from '@project-runner/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { findCgroupBases, groupPrefix, lookForCgroupBases } from './cgroup-bases.ts';
import { parseCgroup } from './cgroup.ts';
import type { CgroupPart } from './cgroup.ts';
import { launcherLocal } from './launcher-local.ts';
import { makeCgroup } from './make-cgroup.ts';
import { isProcessAlive } from './process-ref.ts';

const bases = findCgroupBases();
const hasGroup = bases.v2 !== null;
const can = (controller: 'memory' | 'cpu' | 'pids'): boolean =>
  bases.v1[controller] !== undefined || bases.v2?.controllers.includes(controller) === true;

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'cgroup-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

interface Launched {
  handle: ProcessHandle;
  spec: LaunchSpec & { dir: string };
  says(text: string): Promise<string>;
  parts(): CgroupPart[];
}

async function launch(code: string, limits?: LaunchLimits): Promise<Launched> {
  const root = folder();
  let output = '';
  const spec = {
    id: randomUUID(),
    file: process.execPath,
    args: ['-e', code],
    cwd: root,
    env: { PATH: process.env.PATH ?? '' },
    ipc: false,
    dir: join(root, 'run'),
    ...(limits ? { limits } : {}),
    onOutput: (_: string, chunk: Uint8Array) => void (output += Buffer.from(chunk).toString()),
  };
  const handle = await launcherLocal().launch(spec);
  onTestFinished(() => handle.stop({ graceMs: 0 }));
  return {
    handle,
    spec,
    says: (text) =>
      vi.waitFor(() => {
        expect(output).toContain(text);
        return output;
      }, 10_000),
    parts: () => JSON.parse(readFileSync(join(spec.dir, 'cgroup'), 'utf8')) as CgroupPart[],
  };
}

const stay = 'setInterval(() => {}, 1000); console.log("ready");';

describe('a process with limits', () => {
  it('runs, whatever the machine can enforce, and tells which limits hold', async () => {
    const { handle, says } = await launch(stay, { memoryBytes: 2 ** 30, cpus: 1, pids: 200 });
    await says('ready');
    expect(Object.keys(handle.enforced ?? {}).toSorted()).toEqual(
      [can('cpu') && 'cpus', can('memory') && 'memoryBytes', can('pids') && 'pids'].filter(Boolean),
    );
    for (const by of Object.values(handle.enforced ?? {})) expect(by).toMatch(/^cgroup-v[12]$/);
  });

  it.runIf(can('pids'))('is in its group from its first instruction, and the shim is not', async () => {
    const { handle, says, parts } = await launch(
      `console.log(require("node:fs").readFileSync("/proc/self/cgroup", "utf8"), "ready"); ${stay}`,
      { pids: 100 },
    );
    expect(await says('ready')).toContain(`/${groupPrefix}`);
    for (const { dir } of parts()) {
      expect(readFileSync(join(dir, 'cgroup.procs'), 'utf8')).toBe(`${handle.ref.pid}\n`);
    }
  });

  it.runIf(can('memory'))('is ended by the kernel for its memory, and that is told', async () => {
    const { handle, parts } = await launch(
      'const all = []; for (;;) all.push(Buffer.alloc(16 * 2 ** 20, 1));',
      { memoryBytes: 128 * 2 ** 20 },
    );
    const dirs = parts().map((part) => part.dir);
    expect(await handle.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(handle.outOfMemory?.()).toBe(true);
    await handle.closed;
    expect(dirs.filter((dir) => existsSync(dir))).toEqual([]);
    expect(handle.outOfMemory?.()).toBe(true);
  });

  it.runIf(can('pids'))('cannot start more processes than it may', async () => {
    const { says } = await launch(
      `const { spawnSync } = require("node:child_process");
       const { error } = spawnSync("sh", ["-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 30 >/dev/null & done; echo all"], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
       console.log("ready", error);`,
      { pids: 20 },
    );
    expect(await says('ready')).not.toContain('all');
  });

  it.runIf(can('cpu'))('gets no more of the CPU than it may', async () => {
    const { says } = await launch(
      'const s = process.cpuUsage(); const t = Date.now(); while (Date.now() - t < 1000); const { user, system } = process.cpuUsage(s); console.log("ready", Math.round((user + system) / 1000));',
      { cpus: 0.2 },
    );
    expect(Number(/ready (\d+)/.exec(await says('ready'))?.[1])).toBeLessThan(450);
  });
});

describe.runIf(hasGroup)('the group of a process', () => {
  /** Leaves session, group, parent and marker behind: nothing but the group knows of it. */
  const hide = (code: string): string =>
    `require("node:child_process").spawn("setsid", ["sh", "-c", ${JSON.stringify(`env -i ${process.execPath} -e '${code}' & echo $!`)}], { stdio: ["ignore", "inherit", "inherit"], detached: true });`;

  async function hidden(code: string): Promise<Launched & { pid: number }> {
    // A tree without limits is put into its group when it has come up.
    const wait =
      'const fs = require("node:fs"); const timer = setInterval(() => { if (!fs.readFileSync("/proc/self/cgroup", "utf8").includes("project-runner.")) return; clearInterval(timer);';
    const launched = await launch(`${wait} ${hide(code)} }, 1); ${stay}`);
    const text = await vi.waitFor(async () => {
      const output = await launched.says('ready');
      expect(output).toMatch(/^\d+$/m);
      return output;
    }, 10_000);
    return { ...launched, pid: Number(/^\d+$/m.exec(text)?.[0]) };
  }

  it('is how one is found that hides from everything else', async () => {
    const { handle, pid } = await hidden('setInterval(() => {}, 1000)');
    expect(isProcessAlive(pid)).toBe(true);
    await handle.stop({ graceMs: 2000 });
    expect(isProcessAlive(pid)).toBe(false);
  });

  it('is how one is killed that hides and ignores SIGTERM, and the exit code is kept', async () => {
    const { handle, pid, parts } = await hidden(
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)',
    );
    const dirs = parts().map((part) => part.dir);
    await handle.stop({ graceMs: 300 });
    expect(isProcessAlive(pid)).toBe(false);
    expect(await handle.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(dirs.filter((dir) => existsSync(dir))).toEqual([]);
  });

  it('is known to the runner that takes it over, and removed by it', async () => {
    const { spec, handle, pid, parts } = await hidden('setInterval(() => {}, 1000)');
    handle.detach?.();
    const dirs = parts().map((part) => part.dir);
    const adopted = await launcherLocal().adopt?.({ ...spec, ref: null, from: { stdout: 0, stderr: 0 } });
    await adopted?.stop({ graceMs: 2000 });
    expect(isProcessAlive(pid)).toBe(false);
    expect(dirs.filter((dir) => existsSync(dir))).toEqual([]);
  });

  it('is removed by the runner that comes after the end of both', async () => {
    const id = randomUUID();
    const run = join(folder(), 'run');
    mkdirSync(run);
    const group = makeCgroup(id, {}, bases);
    const child = spawn('true');
    await new Promise((resolve) => child.once('exit', resolve));
    writeFileSync(join(run, 'cgroup'), `${JSON.stringify(group?.parts)}\n`);
    writeFileSync(join(run, 'pid'), `${child.pid} (true) S 1 ${'1 '.repeat(30)}\n`);
    writeFileSync(join(run, 'exit'), '0\n');
    for (const stream of ['stdout', 'stderr']) writeFileSync(join(run, stream), '');
    const request = { id, ref: null, dir: run, from: { stdout: 0, stderr: 0 }, onOutput: () => undefined };
    const adopted = await launcherLocal().adopt?.(request);
    expect(await adopted?.exited).toEqual({ code: 0, signal: null });
    await adopted?.stop({ graceMs: 0 });
    await adopted?.closed;
    expect(group?.parts.filter(({ dir }) => existsSync(dir))).toEqual([]);
  });

  it('is made when the tree has come up, and not of one that was let go of before', async () => {
    const left = await launch(stay);
    left.handle.detach?.();
    const kept = await launch(stay);
    await vi.waitFor(() => expect(kept.parts()).not.toEqual([]), 10_000);
    // Both would have got one in the same moment.
    expect(existsSync(join(left.spec.dir, 'cgroup'))).toBe(false);
    const [group] = kept.parts();
    await vi.waitFor(() => {
      const pids = readFileSync(join(group?.dir ?? '', 'cgroup.procs'), 'utf8');
      expect(pids).toBe(`${kept.handle.ref.pid}\n`);
    }, 10_000);
  });

  it('is not made where that is not wanted', async () => {
    const root = folder();
    const spec = {
      id: randomUUID(),
      file: process.execPath,
      args: ['-e', stay],
      cwd: root,
      env: {},
      ipc: false,
    };
    const handle = await launcherLocal({ cgroups: false }).launch({
      ...spec,
      dir: join(root, 'run'),
      limits: { pids: 100 },
      onOutput: () => undefined,
    });
    onTestFinished(() => handle.stop({ graceMs: 0 }));
    expect(handle.enforced).toEqual({});
    expect(existsSync(join(root, 'run/cgroup'))).toBe(false);
  });
});

describe('parseCgroup', () => {
  const part = { dir: `/sys/fs/cgroup/${groupPrefix}one`, version: 2, limits: [] };

  it('takes the group of that very id only', () => {
    expect(parseCgroup(JSON.stringify([part]), 'one')?.parts).toEqual([part]);
    expect(parseCgroup(JSON.stringify([part]), 'two')).toBeNull();
    expect(parseCgroup(JSON.stringify([{ ...part, dir: '/sys/fs/cgroup/system.slice' }]), 'one')).toBeNull();
  });

  it.each([[null], [''], ['null'], ['{}'], ['[1]'], ['[{}]'], ['[{"dir":1}]'], ['\0\0']])(
    'refuses %j',
    (text) => {
      expect(parseCgroup(text, 'one')).toBeNull();
    },
  );
});

describe('findCgroupBases', () => {
  /** A picture of a unified hierarchy: files are files, so what is written can be read. */
  function unified(
    own: string,
    groups: Record<string, Record<string, string>>,
  ): { top: string; mountinfo: string; membership: string } {
    const top = folder();
    for (const [path, files] of Object.entries(groups)) {
      mkdirSync(join(top, path), { recursive: true });
      const all = {
        'cgroup.procs': '',
        'cgroup.controllers': '',
        'cgroup.subtree_control': '',
        'cgroup.type': 'domain\n',
        ...files,
      };
      for (const [name, text] of Object.entries(all)) writeFileSync(join(top, path, name), text);
    }
    return {
      top,
      mountinfo: `31 23 0:28 / ${top} rw,relatime - cgroup2 cgroup2 rw\n`,
      membership: `0::${own}\n`,
    };
  }
  const given = {
    'cgroup.controllers': 'cpuset cpu memory pids\n',
    'cgroup.subtree_control': 'cpu memory pids\n',
  };

  it('takes the unit above a leaf that a manager made, with its controllers', () => {
    const { top, mountinfo, membership } = unified('/app.service/runner', {
      'app.service': given,
      'app.service/runner': { 'cgroup.procs': '1\n' },
    });
    expect(findCgroupBases(mountinfo, membership)).toEqual({
      v2: { dir: join(top, 'app.service'), controllers: ['memory', 'cpu', 'pids'] },
      v1: {},
    });
  });

  it.each([
    [
      'a unit of its own, whose siblings are strangers',
      '/system.slice/app.service',
      { 'system.slice': given },
    ],
    ['a container, whose neighbours are other containers', '/docker/4f2a', { docker: given }],
    ['a group of ours', '/app.service/project-runner.x', { 'app.service': given }],
    [
      'a leaf below a group with processes of its own',
      '/app.service/runner',
      { 'app.service': { ...given, 'cgroup.procs': '7\n' } },
    ],
  ])('stays below its own group in %s', (_, own, groups) => {
    const { top, mountinfo, membership } = unified(own, {
      ...groups,
      [own.slice(1)]: { 'cgroup.procs': '1\n' },
    });
    expect(findCgroupBases(mountinfo, membership).v2).toEqual({ dir: join(top, own), controllers: [] });
  });

  it('says limits to a unified hierarchy with its controllers', () => {
    const { mountinfo, membership, top } = unified('/app.service/runner', {
      'app.service': given,
      'app.service/runner': { 'cgroup.procs': '1\n' },
    });
    const limits = { memoryBytes: 2 ** 29, cpus: 0.5, pids: 64 };
    const group = makeCgroup('one', limits, findCgroupBases(mountinfo, membership));
    const dir = join(top, 'app.service', `${groupPrefix}one`);
    expect(group?.parts).toEqual([{ dir, version: 2, limits: ['memoryBytes', 'cpus', 'pids'] }]);
    const read = (file: string): string => readFileSync(join(dir, file), 'utf8');
    expect([read('memory.max'), read('memory.oom.group'), read('cpu.max'), read('pids.max')]).toEqual([
      String(2 ** 29),
      '1',
      '50000 100000',
      '64',
    ]);
    writeFileSync(join(dir, 'memory.events'), 'low 0\nmax 12\noom 1\noom_kill 1\n');
    expect(group?.outOfMemory()).toBe(true);
    expect(group?.enforcedBy([0])).toEqual({
      memoryBytes: 'cgroup-v2',
      cpus: 'cgroup-v2',
      pids: 'cgroup-v2',
    });
    expect(group?.enforcedBy([])).toEqual({});
  });

  it('reads the hierarchies of single controllers, where they are mounted', () => {
    const top = folder();
    for (const path of ['cpu,cpuacct/a', 'mem ory/a/b']) {
      mkdirSync(join(top, path), { recursive: true });
      writeFileSync(join(top, path, 'cgroup.procs'), '');
    }
    const mountinfo = [
      `32 31 0:29 / ${top}/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct`,
      // As a container sees it: a part of the hierarchy is the top of the mount.
      `33 31 0:30 /docker/x ${top}/mem\\040ory rw - cgroup cgroup rw,memory`,
    ].join('\n');
    const membership = '3:cpuacct,cpu:/a\n2:memory:/docker/x/a/b\n1:pids:/a\n0::/\n';
    expect(findCgroupBases(mountinfo, membership)).toEqual({
      v2: null,
      v1: { cpu: join(top, 'cpu,cpuacct/a'), memory: join(top, 'mem ory/a/b') },
    });
  });

  it('switches controllers on, and tells without that which could be', () => {
    const { top, mountinfo, membership } = unified('/app.service/runner', {
      'app.service': { ...given, 'cgroup.subtree_control': 'pids\n' },
      'app.service/runner': { 'cgroup.procs': '1\n' },
    });
    const file = join(top, 'app.service/cgroup.subtree_control');
    const v2 = { dir: join(top, 'app.service'), controllers: ['memory', 'cpu', 'pids'] };
    expect(lookForCgroupBases(mountinfo, membership)).toEqual({ v2, v1: {} });
    expect(readFileSync(file, 'utf8')).toBe('pids\n');
    findCgroupBases(mountinfo, membership);
    // The kernel would add it to the others.
    expect(readFileSync(file, 'utf8')).toMatch(/^\+/);
  });

  it('finds nothing where there is nothing', () => {
    expect(findCgroupBases(null, null)).toEqual({ v2: null, v1: {} });
    expect(makeCgroup('one', { pids: 64 }, { v2: null, v1: {} })).toBeNull();
    expect(makeCgroup('../one', {}, bases)).toBeNull();
  });
});

it.runIf(hasGroup)('leftovers that nobody came for are removed when they are old and empty', async () => {
  const top = bases.v2?.dir ?? '';
  const old = join(top, `${groupPrefix}${randomUUID()}`);
  const young = join(top, `${groupPrefix}${randomUUID()}`);
  for (const dir of [old, young]) mkdirSync(dir);
  onTestFinished(() => {
    for (const dir of [old, young]) if (existsSync(dir)) rmdirSync(dir);
  });
  utimesSync(old, new Date(0), new Date(0));
  // Once a process: this module's own copy has not looked yet.
  vi.resetModules();
  const fresh = await import('./make-cgroup.ts');
  await fresh.makeCgroup(randomUUID(), {}, bases)?.remove();
  expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
});

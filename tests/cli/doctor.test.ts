import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Diagnosis, Finding } from '@project-runner/runner';
import { describe, expect, it, onTestFinished } from 'vitest';

import { tempFolder, writeFiles } from '../support/temp-folder.ts';
import { listFiles, project } from './shop-project.ts';
import { cliEvents, runCli, spawnCli } from './spawn-cli.ts';

type DoctorEvent = { event: 'doctor' } & Diagnosis;

async function doctor(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; diagnosis: DoctorEvent; stderr: string }> {
  const { code, stdout, stderr } = await runCli(['doctor', ...args, '--json'], { env });
  const [event, ...others] = cliEvents(stdout);
  expect(others).toEqual([]);
  return { code, diagnosis: event as unknown as DoctorEvent, stderr };
}

function of({ findings }: Diagnosis, check: Finding['check']): Finding | undefined {
  return findings.find((finding) => finding.check === check);
}

describe('project-runner doctor', () => {
  it('tells of the machine, in a stable shape, and leaves no trace', async () => {
    const dir = tempFolder();
    const state = join(tempFolder(), 'state');
    const { code, diagnosis, stderr } = await doctor([dir, '--state-dir', state]);
    expect(stderr).toBe('');
    expect(Object.keys(diagnosis).toSorted()).toEqual(['event', 'findings', 'ok', 'plugins', 'removed']);
    for (const finding of diagnosis.findings) {
      expect(Object.keys(finding).toSorted()).toEqual(['check', 'details', 'hint', 'level', 'message']);
      expect(finding.hint === null).toBe(finding.level === 'ok');
    }
    expect(new Set(diagnosis.findings.map(({ check }) => check))).toEqual(
      new Set([
        'configuration',
        'framework',
        'platform',
        'node',
        'control-groups',
        'state-folder',
        'volume',
        'hole-punching',
        'ports',
        'package-manager',
        'plugins',
      ]),
    );
    expect(of(diagnosis, 'node')?.details).toMatchObject({ version: process.versions.node });
    expect(of(diagnosis, 'ports')?.details).toMatchObject({ start: 4111, end: 4200 });
    expect(diagnosis.plugins.find(({ key }) => key === 'package-manager:npm')).toMatchObject({
      apiVersion: 1,
      from: 'preset',
      wrapped: false,
      overrides: [],
      overriddenBy: null,
      source: { packageName: '@project-runner/pm-npm' },
    });
    expect(code).toBe(diagnosis.ok ? 0 : 1);
    expect(existsSync(state)).toBe(false);
    expect(listFiles(dir)).toEqual([]);
  });

  it('ends with 1 where there is a problem, and says what to do', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const dir = await writeFiles(tempFolder(), {
      'project-runner.config.mjs': `export default { portRange: { start: ${port}, end: ${port} } };`,
    });
    const state = join(tempFolder(), 'state');
    mkdirSync(state);
    chmodSync(state, 0o777);
    const { code, stdout, stderr } = await runCli(['doctor', dir, '--state-dir', state]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^problem +ports +0 of 1 ports/m);
    expect(stdout).toMatch(/^ +hint: .*portRange$/m);
    expect(stdout).toMatch(/^ +hint: .*chmod 700/m);
    expect(stdout).toMatch(/^2 problems, \d+ warnings?\.$/m);
  });

  it('tells where plugins of the configuration come from, and what they override', async () => {
    const dir = await project({
      'node_modules/project-runner-plugin-logs-far/package.json': JSON.stringify({
        name: 'project-runner-plugin-logs-far',
        version: '1.2.3',
        type: 'module',
        exports: './index.js',
      }),
      'node_modules/project-runner-plugin-logs-far/index.js': `
        export const far = () => ({ kind: 'log-sink', name: 'far', apiVersion: 1, open: () => ({ write() {}, close() {} }) });`,
      'project-runner.config.mjs': `
        import { far } from 'project-runner-plugin-logs-far';
        const check = async () => ({ healthy: true });
        export default {
          plugins: [far(), { kind: 'health-probe', name: 'http', apiVersion: 1, check }],
          wrap: { 'log-sink:far': (inner) => ({ ...inner }) },
          without: ['log-sink:file'],
        };`,
    });
    const { diagnosis } = await doctor([dir]);
    const file = join(dir, 'project-runner.config.mjs');
    expect(of(diagnosis, 'configuration')).toMatchObject({ level: 'ok', details: { file } });
    expect(diagnosis.removed).toEqual(['log-sink:file']);
    const find = (key: string): unknown => diagnosis.plugins.find((plugin) => plugin.key === key);
    const packageDir = join(dir, 'node_modules/project-runner-plugin-logs-far');
    expect(find('log-sink:far')).toMatchObject({
      from: 'configuration',
      wrapped: true,
      source: {
        packageName: 'project-runner-plugin-logs-far',
        packageVersion: '1.2.3',
        packageDir,
        file: join(packageDir, 'index.js'),
      },
    });
    expect(find('health-probe:http')).toMatchObject({
      from: 'configuration',
      overrides: ['health-probe:http'],
      source: { packageName: 'shop', file },
    });
    const { stdout } = await runCli(['doctor', dir]);
    expect(stdout).toContain('log-sink:far, api 1, project-runner-plugin-logs-far 1.2.3 (');
    expect(stdout).toMatch(/health-probe:http.*of the configuration; in place of the preset's/);
    expect(stdout).toContain('Left out: log-sink:file');
  });

  it.each([
    ['that cannot be read', 'export default {', 'CONFIG_INVALID'],
    ['with an unknown key', 'export default { ports: 1 };', 'CONFIG_INVALID'],
    [
      'with half a plugin',
      "export default { plugins: [{ kind: 'log-sink', name: 'x', apiVersion: 1 }] };",
      'PLUGIN_INVALID',
    ],
  ])('looks at the rest where there is a configuration %s', async (_, text, problem) => {
    const dir = await writeFiles(tempFolder(), { 'project-runner.config.mjs': text });
    const { code, diagnosis } = await doctor([dir]);
    expect(code).toBe(1);
    expect(of(diagnosis, 'configuration')).toMatchObject({ level: 'problem', details: { code: problem } });
    expect(of(diagnosis, 'node')).toBeDefined();
  });

  it('names the living runner of the state folder', async () => {
    const dir = await project();
    const state = join(tempFolder(), 'state');
    const up = spawnCli(['up', dir, '--skip-install', '--json', '--state-dir', state]);
    await expect.poll(up.stdout, { timeout: 30_000 }).toContain('"event":"ready"');
    const { diagnosis } = await doctor([dir, '--state-dir', state]);
    expect(of(diagnosis, 'state-folder')?.details).toMatchObject({
      mode: '0700',
      servers: 1,
      runners: [{ pid: up.child.pid, servers: 1 }],
    });
    const leased = of(diagnosis, 'ports')?.details.leased as { pid: number }[];
    expect(leased.map(({ pid }) => pid)).not.toContain(process.pid);
  });

  it('calls wrappers once, and finds a state folder that is a file with all its fields', async () => {
    const dir = await writeFiles(tempFolder(), {
      state: '',
      'project-runner.config.mjs': `export default {
        stateDir: './state',
        wrap: { 'log-sink:file': (inner) => { console.log('wrapped'); return inner; } },
      };`,
    });
    const { code, stdout, stderr } = await runCli(['doctor', dir, '--json']);
    expect(code).toBe(1);
    expect(stderr.match(/wrapped/g)).toHaveLength(1);
    const [diagnosis] = cliEvents(stdout) as unknown as Diagnosis[];
    const found = diagnosis && of(diagnosis, 'state-folder');
    expect(found?.message).toBe(`${join(dir, 'state')} is no folder`);
    expect(Object.keys(found?.details ?? {}).toSorted()).toEqual([
      'dir',
      'exists',
      'mode',
      'owner',
      'runners',
      'servers',
    ]);
  });

  it('is ended by the user, and takes its temporary files with it', async () => {
    const [dir, temp, bin] = [tempFolder(), tempFolder(), tempFolder()];
    await writeFiles(bin, { npm: '#!/bin/sh\necho asked >&2\nexec sleep 60\n' });
    chmodSync(join(bin, 'npm'), 0o755);
    const env = { TMPDIR: temp, PATH: `${bin}:${process.env.PATH}` };
    const asked = spawnCli(['doctor', dir, '--state-dir', join(dir, 'state')], { env });
    await expect.poll(() => readdirSync(temp).join(), { timeout: 30_000 }).toContain('project-runner-doctor');
    asked.child.kill('SIGINT');
    expect(await asked.exited).toBe(130);
    expect(readdirSync(temp).join()).not.toContain('project-runner-doctor');
    expect(listFiles(dir)).toEqual([]);
  });

  it('refuses a folder that is not there', async () => {
    const { code, stderr } = await runCli(['doctor', join(tempFolder(), 'none')]);
    expect(code).toBe(2);
    expect(stderr).toContain('error [PROJECT_NOT_FOUND]');
  });
});

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { PackageManagerPlugin, PluginSet } from '@project-runner/core';

import { managerVersion, versionCommand } from '../build/manager-version.ts';
import { buildEnvironment } from '../environment/base-environment.ts';
import { createSecretMask } from '../logs/secret-mask.ts';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const found = findingsOf('package-manager');

const patienceMs = 20_000;

/** Which package managers there are, asked as a build would, in a folder without a project. @throws the signal's reason */
export async function checkPackageManagers(plugins: PluginSet, signal: AbortSignal): Promise<Finding[]> {
  const managers = plugins.all('package-manager');
  if (managers.length === 0)
    return [
      found.warning('There is no plugin for one: nothing can be built', 'Add one to plugins', {
        name: null,
        version: null,
      }),
    ];
  const cwd = await mkdtemp(join(tmpdir(), 'project-runner-doctor-'));
  try {
    const versions = await Promise.all(managers.map((plugin) => versionOf(plugin, plugins, { cwd, signal })));
    signal.throwIfAborted();
    const isOneThere = versions.some(({ version }) => version !== null);
    return versions.map((asked) => finding(asked, isOneThere));
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

interface AskedVersion {
  name: string;
  version: string | null;
  /** Why there is none: `missing` where there is no such program. */
  reason: string | null;
  /** What to do about it, where the launcher knows. */
  hint?: string | undefined;
}

async function versionOf(
  plugin: PackageManagerPlugin,
  plugins: PluginSet,
  { cwd, signal }: { cwd: string; signal: AbortSignal },
): Promise<AskedVersion> {
  const { name } = plugin;
  try {
    const version = await managerVersion(
      { plugin, installDir: cwd, reason: 'asked' },
      {
        launcher: plugins.one('launcher'),
        id: `doctor-${randomUUID()}`,
        cwd,
        env: buildEnvironment(),
        signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
        onLine: () => undefined,
        mask: createSecretMask([]),
      },
    );
    return { name, version, reason: null };
  } catch (error) {
    const failure = spawnFailure(error);
    if (failure === null) return { name, version: null, reason: messageOf(error) };
    const { file } = versionCommand({ plugin, installDir: cwd, reason: 'asked' });
    const reason = isOnPath(file) ? failure.message : 'missing';
    return { name, version: null, reason, hint: failure.hint };
  }
}

function spawnFailure(error: unknown): ProjectRunnerError | null {
  const cause = error instanceof Error ? error.cause : null;
  return ProjectRunnerError.is(cause) && cause.code === 'SPAWN_FAILED' ? cause : null;
}

/** Whether there is such a file, even one that cannot be run. */
function isOnPath(file: string): boolean {
  return (buildEnvironment().PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, file)));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Nobody needs all of them. */
function finding({ name, version, reason, hint }: AskedVersion, isOneThere: boolean): Finding {
  const details = { name, version };
  if (version !== null) return found.ok(`${name} ${version}`, details);
  const remedy = `Install ${name}, and see that it is on PATH`;
  if (reason !== 'missing')
    return found.warning(`${name} is there and cannot be used: ${reason}`, hint ?? remedy, details);
  return isOneThere
    ? found.ok(`${name} is not there; projects that use it cannot be built`, details)
    : found.problem(`${name} is not there, nor is any other`, remedy, details);
}

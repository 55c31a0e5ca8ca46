import { dirname, join } from 'node:path';

import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type {
  DirectorySnapshot,
  EvidenceStrength,
  PackageManagerEvidence,
  PackageManagerPlugin,
} from '@project-runner/core';

import { showJson } from '../show-json.ts';
import { findWorkspaceRoot } from './find-workspace-root.ts';
import { snapshotDirectory } from './snapshot-directory.ts';

export interface DetectedPackageManager {
  plugin: PackageManagerPlugin;
  /** Where to install: the workspace root, or the project. */
  installDir: string;
  /** The lockfile in `installDir`, if there is one. */
  lockfile?: string;
  version?: string;
  /** What decided, for people: `lockfile pnpm-lock.yaml`. */
  reason: string;
}

/** How a folder is seen. */
export type LookAt = (dir: string) => DirectorySnapshot;

interface Finding extends PackageManagerEvidence {
  plugin: PackageManagerPlugin;
}

/**
 * Which package manager a project uses: the nearest folder with evidence decides, up to the root of its workspace;
 * there a declaration beats a lockfile. What an install left counts only where there is neither in any of them. Nothing
 * found: npm. No folder above `limit` is looked at, and each through `look`.
 * @throws ProjectRunnerError `PACKAGE_MANAGER_AMBIGUOUS`, `PACKAGE_MANAGER_UNKNOWN`
 */
export function detectPackageManager(
  projectDir: string,
  managers: readonly PackageManagerPlugin[],
  limit?: string,
  look: LookAt = snapshotDirectory,
): DetectedPackageManager {
  const root = findWorkspaceRoot(projectDir, managers, limit);
  const weak: { dir: string; found: readonly Finding[] }[] = [];
  for (let dir = projectDir; ; dir = dirname(dir)) {
    const found = findIn(look(dir), managers);
    const best = decide(dir, found, ['declared', 'lockfile']);
    if (best) return describe(best, dir, root, look);
    weak.push({ dir, found });
    if (dir === root) break;
  }
  for (const { dir, found } of weak) {
    const best = decide(dir, found, ['installed']);
    if (best) return describe(best, dir, root, look);
  }
  return fallback(root, managers);
}

function findIn(directory: DirectorySnapshot, managers: readonly PackageManagerPlugin[]): Finding[] {
  refuseUnknown(directory, managers);
  return managers.flatMap((plugin): Finding[] => {
    const evidence = callPlugin(plugin, 'detect', () => plugin.detect(directory));
    return evidence ? [{ ...evidence, plugin }] : [];
  });
}

function decide(
  dir: string,
  found: readonly Finding[],
  strengths: readonly EvidenceStrength[],
): Finding | undefined {
  for (const strength of strengths) {
    const candidates = found.filter((finding) => finding.strength === strength);
    const winners = candidates.filter(
      (finding) => !candidates.some((other) => other.tolerates?.includes(finding.plugin.name)),
    );
    if (winners.length > 1) throw tie(dir, winners);
    if (winners[0]) return winners[0];
  }
  return undefined;
}

function tie(dir: string, winners: readonly Finding[]): ProjectRunnerError {
  const files = winners.map((finding) => `${finding.file} (${finding.plugin.name})`).join(' and ');
  return new ProjectRunnerError(
    'PACKAGE_MANAGER_AMBIGUOUS',
    `${dir} has ${files}: they speak for different package managers with equal strength`,
    {
      hint: `Delete the one that is out of date, or name the manager in package.json: "packageManager": "${winners[0]?.plugin.name}@<version>"`,
    },
  );
}

function describe(finding: Finding, dir: string, root: string, look: LookAt): DetectedPackageManager {
  const lockfile = lockfileIn(root, finding, dir, look);
  return {
    plugin: finding.plugin,
    installDir: lockfile && dir !== root && finding.lockfile ? dir : root,
    ...(lockfile ? { lockfile } : {}),
    ...(finding.version ? { version: finding.version } : {}),
    reason: `${finding.strength} by ${join(dir, finding.file)}`,
  };
}

/** A declaration may stand in the project and the lockfile at the root, so look at the root on its own. */
function lockfileIn(root: string, finding: Finding, dir: string, look: LookAt): string | undefined {
  if (finding.lockfile) return finding.lockfile;
  if (dir === root) return undefined;
  const directory = look(root);
  return callPlugin(finding.plugin, 'detect', () => finding.plugin.detect(directory))?.lockfile;
}

function refuseUnknown(directory: DirectorySnapshot, managers: readonly PackageManagerPlugin[]): void {
  const declared = directory.manifest?.declaredPackageManager;
  if (!declared || managers.some((manager) => manager.name === declared.name)) return;
  // Of an address without a name before it this is the part with the password.
  const name = declared.name.replace(/:.*/s, ':…');
  throw new ProjectRunnerError(
    'PACKAGE_MANAGER_UNKNOWN',
    `${join(directory.dir, 'package.json')} asks for ${showJson(name)} in ${declared.field}; ` +
      `known are ${managers.map((manager) => manager.name).join(', ') || 'none'}`,
    { hint: 'Add a package-manager plugin of that name, or change the field' },
  );
}

function fallback(root: string, managers: readonly PackageManagerPlugin[]): DetectedPackageManager {
  const [plugin] = managers;
  if (!plugin) {
    throw new ProjectRunnerError('PLUGIN_MISSING', 'there is no package-manager plugin to install with', {
      hint: 'Add one to plugins, or leave fewer out with without',
    });
  }
  return { plugin, installDir: root, reason: 'nothing says otherwise' };
}

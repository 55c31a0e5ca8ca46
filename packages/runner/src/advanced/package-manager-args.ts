import { resolve } from 'node:path';

import type { PackageManagerPlugin } from '@project-runner/core';

import { defaultPlugins } from '../default-plugins.ts';
import { detectPackageManager as detect } from '../detect/detect-package-manager.ts';
import { readManifest } from '../detect/read-manifest.ts';

/**
 * The name of the package manager that a project uses.
 * @throws ProjectRunnerError `PACKAGE_MANAGER_AMBIGUOUS`, `PACKAGE_MANAGER_UNKNOWN`, `MANIFEST_INVALID`
 */
export async function detectPackageManager(
  projectPath: string,
  managers: readonly PackageManagerPlugin[] = presetManagers(),
): Promise<string> {
  // The folders above decide, too, and `..` of a relative path ends too early.
  return detect(resolve(projectPath), managers).plugin.name;
}

/**
 * The arguments of an install from a lockfile: `['ci', …]` for npm. With the version those of that version; today's
 * without it, which for yarn is not 1.
 * @throws TypeError for a name that is not in the preset
 */
export function getInstallArgs(name: string, version?: string): string[] {
  const options = { frozen: true, allowScripts: false, standalone: true };
  return [...byName(name).install({ ...options, ...(version === undefined ? {} : { version }) }).args];
}

/** The arguments that run the build script: `['run', 'build']`. @throws TypeError for a name that is not in the preset */
export function getBuildArgs(name: string): string[] {
  return [...byName(name).run('build', []).args];
}

/** Whether package.json has a build script. @throws ProjectRunnerError `MANIFEST_INVALID` */
export async function hasBuildScript(projectPath: string): Promise<boolean> {
  return readManifest(projectPath)?.scripts.build !== undefined;
}

function presetManagers(): PackageManagerPlugin[] {
  return defaultPlugins().filter((plugin) => plugin.kind === 'package-manager');
}

function byName(name: string): PackageManagerPlugin {
  const managers = presetManagers();
  const found = managers.find((manager) => manager.name === name);
  if (found) return found;
  throw new TypeError(
    `package manager must be one of ${managers.map((manager) => manager.name).join(', ')}; found ${JSON.stringify(name)}`,
  );
}

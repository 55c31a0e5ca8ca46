import type { DirectorySnapshot, FrameworkPlugin, PluginSet } from '@project-runner/core';

import { detectFramework } from '../detect/detect-framework.ts';
import { detectPackageManager } from '../detect/detect-package-manager.ts';
import type { DetectedPackageManager } from '../detect/detect-package-manager.ts';
import { snapshotDirectory } from '../detect/snapshot-directory.ts';
import type { PreparedSource } from './prepare-source.ts';

/** How a project is built, as far as its files tell. */
export interface DetectedProject {
  manager: DetectedPackageManager;
  framework: FrameworkPlugin;
  /** What speaks for the framework. */
  reason: string;
}

/** @throws ProjectRunnerError `PACKAGE_MANAGER_AMBIGUOUS`, `PACKAGE_MANAGER_UNKNOWN`, `FRAMEWORK_UNKNOWN` */
export function detectProject(
  { rootDir, projectDir }: PreparedSource,
  plugins: PluginSet,
  look: (dir: string, root: string) => DirectorySnapshot = snapshotDirectory,
): DetectedProject {
  const managers = plugins.all('package-manager');
  const manager = detectPackageManager(projectDir, managers, rootDir, (dir) => look(dir, dir));
  const { plugin: framework, reason } = detectFramework(look(projectDir, rootDir), plugins.all('framework'));
  return { manager, framework, reason };
}

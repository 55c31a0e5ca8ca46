export { launcherLocal } from './launcher-local.ts';
export type { LauncherLocalOptions } from './launcher-local.ts';
export { isProcessAlive, readProcessRef } from './process-ref.ts';
export { createUsageSampler } from './tree-usage.ts';
export type { UsageSampler } from './tree-usage.ts';
export { findTree, markerVariable } from './process-tree.ts';

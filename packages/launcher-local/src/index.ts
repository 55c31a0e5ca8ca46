export { launcherLocal } from './launcher-local.ts';
export type { LauncherLocalOptions } from './launcher-local.ts';
export { isProcessAlive, readProcessRef } from './process-ref.ts';
export { createUsageSampler } from './tree-usage.ts';
export type { UsageSampler, UsageSamplerOptions } from './tree-usage.ts';
export { markerVariable } from './marker.ts';
export { findTree } from './process-tree.ts';

import type { BuildStageName } from './build-stage.ts';

/** A build that can be deployed, now or again. */
export interface ReleaseInfo {
  projectId: string;
  buildId: string;
  /** The deployment it was built for; `null` where the build did not say. */
  deploymentId: string | null;
  /** Name of the framework plugin that built it and starts it. */
  framework: string;
  /** The file that is started, relative to the project; `null` where only a wrapper knows it. */
  entry: string | null;
  /** Absolute path of the built project. Identical builds have one in common: nobody may write there. */
  projectDir: string;
  packageManager: string;
  /** Of the programs that built it, as far as they were needed. */
  versions: { node: string | null; packageManager: string | null };
  /** Equal for builds of equal inputs; `null` where the cache was off. */
  fingerprint: string | null;
  /** The earlier build whose files these are; `null` for one that was built itself. */
  cachedFrom: string | null;
  /** Of the stages, in ms. */
  durations: Partial<Record<BuildStageName, number>>;
  /** Of everything in its folder, dependencies included; `null` where it was not counted. */
  size: { files: number; bytes: number } | null;
  createdAt: Date;
  /** It runs, or was what a deployment ran last; such a one is never removed. */
  inUse: boolean;
}

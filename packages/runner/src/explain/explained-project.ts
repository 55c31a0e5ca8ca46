import type { BuildOptions, PluginSet } from '@project-runner/core';

import type { DetectedProject } from '../build/detect-project.ts';
import type { LocatedSource } from '../build/locate-source.ts';
import type { ResolvedConfig, RunnerConfig } from '../config.ts';
import type { LocalRecords } from '../local-records.ts';
import type { ProjectOptions } from '../project-options/read-project-options.ts';

export interface ExplainOptions extends Pick<
  BuildOptions,
  'envVars' | 'secrets' | 'skipInstall' | 'cache' | 'signal'
> {
  /** @default the name in package.json, else of the folder */
  name?: string;
  /** Those of the configuration, where they were composed already. @default `composePlugins(config)` */
  plugins?: PluginSet;
}

/** What all explanations work with. */
export interface ExplainedProject extends DetectedProject {
  written: RunnerConfig;
  config: ResolvedConfig;
  /** Of the host. */
  hostPlugins: PluginSet;
  /** With what the project has set. */
  plugins: PluginSet;
  projectOptions: ProjectOptions;
  source: LocatedSource;
  records: LocalRecords;
  options: ExplainOptions;
  signal: AbortSignal;
  /** An empty folder, for copies. */
  temp: string;
}

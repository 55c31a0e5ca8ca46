import type { ProjectRunner } from '@project-runner/core';

import type { RunnerConfig } from './config.ts';
import { LocalProcessRunner } from './local-process-runner.ts';

/**
 * The default preset with plugins swapped, added (`plugins`) or removed (`without`).
 * @throws ProjectRunnerError `CONFIG_INVALID`, `PLUGIN_INVALID`, `PLUGIN_DUPLICATE`, `PLUGIN_MISSING`
 */
export function createProjectRunner(options: RunnerConfig = {}): ProjectRunner {
  return new LocalProcessRunner(options);
}

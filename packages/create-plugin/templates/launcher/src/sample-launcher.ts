import type { LauncherPlugin } from '@project-runner/core';
import { launcherLocal } from '@project-runner/launcher-local';

/** Starts processes as the local launcher does. Change what is started, or where, in `launch`; `adopt` finds it again. */
export function sampleLauncher(): LauncherPlugin {
  const local = launcherLocal();
  return {
    ...local,
    name: 'sample',
    launch: (spec) => local.launch(spec),
  };
}

import type { BuildStageName } from '@project-runner/core';

const names: Readonly<Record<BuildStageName, string>> = {
  snapshot: 'Copying the project',
  install: 'Installing dependencies',
  build: 'Building',
  verify: 'Checking what was built',
  release: 'Making the release',
};

/** What people are told while a stage of a build runs. */
export function stageName(stage: BuildStageName): string {
  return names[stage];
}

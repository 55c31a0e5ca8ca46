import { randomUUID } from 'node:crypto';

import type { Build, Deployment, Project } from '@project-runner/core';

import { localRecords } from './local-records.ts';

/** Records as MastraAdmin would hand them over: each time with ids of their own. */
export function projectRecord(path: string): Project {
  const { project } = localRecords(path, { name: 'shop' });
  return { ...project, id: randomUUID(), teamId: randomUUID(), sourceConfig: { path } };
}

export function deploymentRecord({ id: projectId, slug }: Project): Deployment {
  return { ...localRecords('.').deployment, id: randomUUID(), projectId, slug };
}

export function buildRecord(): Build {
  return { ...localRecords('.').build, deploymentId: randomUUID() };
}

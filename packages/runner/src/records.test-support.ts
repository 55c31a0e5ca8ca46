import { randomUUID } from 'node:crypto';

import type { Build, Deployment, Project } from '@project-runner/core';

/** Records as MastraAdmin would hand them over. */
export function projectRecord(path: string): Project {
  const now = new Date();
  return {
    id: randomUUID(),
    teamId: randomUUID(),
    name: 'shop',
    slug: 'shop',
    sourceType: 'local',
    sourceConfig: { path },
    defaultBranch: 'main',
    envVars: {},
    createdAt: now,
    updatedAt: now,
  };
}

export function deploymentRecord({ id: projectId, slug }: Project): Deployment {
  const now = new Date();
  return {
    id: randomUUID(),
    projectId,
    type: 'production',
    branch: 'main',
    slug,
    status: 'pending',
    currentBuildId: null,
    publicUrl: null,
    internalHost: null,
    envVarOverrides: {},
    autoShutdown: false,
    expiresAt: null,
    createdAt: now,
    updatedAt: now,
  };
}

export function buildRecord(): Build {
  return {
    id: randomUUID(),
    deploymentId: randomUUID(),
    trigger: 'manual',
    triggeredBy: null,
    commitSha: null,
    commitMessage: null,
    status: 'queued',
    logs: '',
    queuedAt: new Date(),
    startedAt: null,
    completedAt: null,
    errorMessage: null,
  };
}

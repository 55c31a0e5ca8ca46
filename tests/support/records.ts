import { randomUUID } from 'node:crypto';

import type { Build, Deployment, Project, ProjectSource } from '@project-runner/core';

/** Records as MastraAdmin would hand them over. */
export function projectRecord(path: string, changes: Partial<Project> = {}): Project {
  return {
    id: randomUUID(),
    teamId: randomUUID(),
    name: 'Test project',
    slug: 'test-project',
    sourceType: 'local',
    sourceConfig: { path },
    defaultBranch: 'main',
    envVars: {},
    createdAt: new Date(),
    updatedAt: new Date(),
    ...changes,
  };
}

export function deploymentRecord(project: Project, changes: Partial<Deployment> = {}): Deployment {
  return {
    id: randomUUID(),
    projectId: project.id,
    type: 'production',
    branch: 'main',
    slug: project.slug,
    status: 'pending',
    currentBuildId: null,
    publicUrl: null,
    internalHost: null,
    envVarOverrides: {},
    autoShutdown: false,
    expiresAt: null,
    createdAt: new Date(),
    updatedAt: new Date(),
    ...changes,
  };
}

export function buildRecord(deployment: Deployment, changes: Partial<Build> = {}): Build {
  return {
    id: randomUUID(),
    deploymentId: deployment.id,
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
    ...changes,
  };
}

/** Hands back the user's own folder, as MastraAdmin's local source does. */
export const localSource: ProjectSource = { getProjectPath: ({ path }) => Promise.resolve(path) };

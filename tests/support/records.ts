import { randomUUID } from 'node:crypto';

import type { Build, Deployment, Project, ProjectSource } from '@project-runner/core';
import { localRecords } from '@project-runner/runner';

/** Records as MastraAdmin would hand them over: each time with ids of their own. */
export function projectRecord(path: string, changes: Partial<Project> = {}): Project {
  const { project } = localRecords(path, { name: 'Test project' });
  return { ...project, id: randomUUID(), teamId: randomUUID(), sourceConfig: { path }, ...changes };
}

export function deploymentRecord(project: Project, changes: Partial<Deployment> = {}): Deployment {
  const { deployment } = localRecords('.');
  return { ...deployment, id: randomUUID(), projectId: project.id, slug: project.slug, ...changes };
}

export function buildRecord(deployment: Deployment, changes: Partial<Build> = {}): Build {
  return { ...localRecords('.').build, deploymentId: deployment.id, ...changes };
}

/** Hands back the user's own folder, as MastraAdmin's local source does. */
export const localSource: ProjectSource = { getProjectPath: ({ path }) => Promise.resolve(path) };

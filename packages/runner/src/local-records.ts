import { createHash, randomUUID } from 'node:crypto';
import { basename, resolve } from 'node:path';

import type { Build, Deployment, Project } from '@project-runner/core';

export interface LocalRecords {
  project: Project;
  deployment: Deployment;
  build: Build;
}

/**
 * Records of a project in a folder of this machine, for hosts that keep none themselves. Project and deployment have the
 * same ids each time, so that releases and the data folder are found again; a build is always new.
 *
 * @param folder relative to the current one, or absolute; a folder has one identity for each way to write it
 * @param options `name`: the name of the folder where it is not given
 */
export function localRecords(folder: string, options: { name?: string } = {}): LocalRecords {
  const dir = resolve(folder);
  const name = options.name ?? basename(dir);
  const now = new Date();
  const slug = slugOf(name);
  const project: Project = {
    id: pathUuid('project', dir),
    teamId: pathUuid('team', dir),
    name,
    slug,
    sourceType: 'local',
    sourceConfig: { path: dir },
    defaultBranch: 'main',
    envVars: {},
    createdAt: now,
    updatedAt: now,
  };
  const build: Build = {
    id: randomUUID(),
    deploymentId: pathUuid('deployment', dir),
    trigger: 'manual',
    triggeredBy: null,
    commitSha: null,
    commitMessage: null,
    status: 'queued',
    logs: '',
    logPath: null,
    queuedAt: now,
    startedAt: null,
    completedAt: null,
    errorMessage: null,
  };
  const deployment: Deployment = {
    id: build.deploymentId,
    projectId: project.id,
    type: 'production',
    branch: project.defaultBranch,
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
  return { project, deployment, build };
}

/** A UUID that is a function of its input, in the form of version 5 (RFC 9562). */
export function pathUuid(kind: string, path: string): string {
  const bytes = createHash('sha256').update(`project-runner\0${kind}\0${path}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return slug || 'project';
}

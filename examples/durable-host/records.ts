import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

import type { Build, Deployment, Project, RunningServer } from '@project-runner/core';

/** A project of the host with its one deployment, and what it knows of their last server. */
export interface Hosted {
  project: Project;
  deployment: Deployment;
  server: RunningServer | null;
}

/** The host's database: one JSON file. */
export interface Records {
  all(): readonly Hosted[];
  /** A folder that is known keeps its ids: by the id of its deployment its server is found again. */
  add(folder: string): void;
  setServer(server: RunningServer): void;
}

export function openRecords(file: string): Records {
  const hosted = read(file);
  const save = (): void => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // By rename, so that it is whole whenever the host is killed.
    writeFileSync(`${file}.tmp`, JSON.stringify(hosted, null, 2), { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  };
  return {
    all: () => hosted,
    add(folder) {
      if (hosted.some(({ project }) => (project.sourceConfig as { path: string }).path === folder)) return;
      hosted.push(newRecords(folder));
      save();
    },
    setServer(server) {
      const found = hosted.find(({ deployment }) => deployment.id === server.deploymentId);
      if (!found) return;
      found.server = server;
      save();
    },
  };
}

export function newBuild({ id: deploymentId }: Deployment): Build {
  return {
    id: randomUUID(),
    deploymentId,
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

function read(file: string): Hosted[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8'), withDates) as Hosted[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** JSON has no dates. */
function withDates(key: string, value: unknown): unknown {
  const isDate = typeof value === 'string' && (key.endsWith('At') || key === 'lastHealthCheck');
  return isDate ? new Date(value) : value;
}

function newRecords(path: string): Hosted {
  const now = new Date();
  const name = basename(path);
  const slug = name.toLowerCase();
  const times = { createdAt: now, updatedAt: now };
  const project: Project = {
    id: randomUUID(),
    teamId: randomUUID(),
    name,
    slug,
    sourceType: 'local',
    sourceConfig: { path },
    defaultBranch: 'main',
    envVars: {},
    ...times,
  };
  const deployment: Deployment = {
    id: randomUUID(),
    projectId: project.id,
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
    ...times,
  };
  return { project, deployment, server: null };
}

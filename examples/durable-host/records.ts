import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Deployment, Project, RunningServer } from '@project-runner/core';
import { localRecords } from '@project-runner/runner';

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
      const { project, deployment } = localRecords(folder);
      hosted.push({ project, deployment, server: null });
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

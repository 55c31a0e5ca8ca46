import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Build, Deployment, Project } from '@project-runner/core';
import { expect } from 'vitest';

import { buildRecord, deploymentRecord, projectRecord } from '../records.test-support.ts';
import { tempFolder, testBuilder, writeFiles } from './build-fixture.test-support.ts';
import { collectBuilds } from './cache/collect-builds.ts';
import { createReleases } from './releases.ts';
import type { Releases } from './releases.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const { signal } = new AbortController();

/** A project with releases. */
export interface ReleasesShop {
  project: Project;
  deployment: Deployment;
  releases: Releases;
  buildDir: string;
  dir(build: Pick<Build, 'id'>): string;
  /** Builds a version of it. */
  build(version: string, changes?: Partial<Build>): Promise<Build>;
  ids(): Promise<string[]>;
  stateDir: string;
  collect(limits?: {
    keepReleases?: number;
    keepUnusedDays?: number;
    maxSizeMb?: number;
    maxAgeDays?: number;
  }): Promise<void>;
}

export function releasesShop(): ReleasesShop {
  const source = writeFiles(tempFolder(), {
    'package.json': { json: { scripts: { start: 'node server.mjs' } } },
    'server.mjs': '',
  });
  const project = projectRecord(source);
  const deployment = deploymentRecord(project);
  const { build, buildDir, builder } = testBuilder({ keepReleases: 100 });
  const releases = createReleases({ buildDir, logger: silent });
  const stateDir = tempFolder();
  return {
    stateDir,
    project,
    deployment,
    releases,
    buildDir,
    dir: ({ id }) => join(buildDir, project.id, id),
    async build(version, changes = {}) {
      writeFileSync(join(source, 'server.mjs'), version);
      const record = { ...buildRecord(), deploymentId: deployment.id, ...changes };
      const built = await build('', {}, { project, build: record });
      expect(built.errorMessage).toBeNull();
      await builder.idle();
      return built;
    },
    ids: async () => (await releases.list(project)).map(({ buildId }) => buildId),
    collect: ({ keepReleases = 100, keepUnusedDays = 30, maxSizeMb = 1000, maxAgeDays = 30 } = {}) => {
      const cache = { maxSizeMb, maxAgeDays };
      const config = { buildDir, stateDir, keepReleases, keepUnusedDays, cache, logger: silent };
      return collectBuilds({ config, signal });
    },
  };
}

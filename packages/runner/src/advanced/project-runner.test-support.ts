import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type {
  Build,
  BuildOptions,
  Deployment,
  Project,
  ProjectRunner,
  RunningServer,
  RunOptions,
} from '@project-runner/core';
import { expect, onTestFinished, vi } from 'vitest';

import type { RunnerConfig } from '../config.ts';
import { createProjectRunner } from '../create-project-runner.ts';
import { buildRecord, deploymentRecord, projectRecord } from '../records.test-support.ts';

export interface RunnerAndProject {
  runner: ProjectRunner;
  /** The project's folder. */
  path: string;
  project: Project;
  deployment: Deployment;
  /** Builds without an install, under a new id. */
  build(options?: BuildOptions): Promise<Build>;
  deploy(build: Build, options?: RunOptions): Promise<RunningServer>;
}

/** A runner in folders of its own and a project of these files. What they leave goes when the test ends. */
export function runnerAndProject(
  files: Readonly<Record<string, string>>,
  config: RunnerConfig = {},
): RunnerAndProject {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'runner-')));
  const path = join(dir, 'project');
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  // Leases of ports are the user's, not the runner's.
  vi.stubEnv('XDG_STATE_HOME', join(dir, 'user'));
  const runner = createProjectRunner({
    portRange: { start: 23_200, end: 23_299 },
    buildDir: join(dir, 'builds'),
    stateDir: join(dir, 'state'),
    stopGraceMs: 3000,
    ...config,
  });
  onTestFinished(async () => {
    await runner.shutdown?.();
    vi.unstubAllEnvs();
    rmSync(dir, { recursive: true, force: true });
  });
  runner.setSource?.({ getProjectPath: (source) => Promise.resolve(source.path) });
  const project = projectRecord(path);
  const deployment = deploymentRecord(project);
  return {
    runner,
    path,
    project,
    deployment,
    async build(options = {}) {
      const record = { ...buildRecord(), deploymentId: deployment.id };
      const done = await runner.build(project, record, { skipInstall: true, ...options });
      expect(done.errorMessage).toBeNull();
      return done;
    },
    deploy: (done, options) => runner.deploy(project, deployment, done, options),
  };
}

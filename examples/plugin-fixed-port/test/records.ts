import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Build, Deployment, Project } from '@project-runner/core';
import { LocalProcessRunner } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';
import { onTestFinished } from 'vitest';

const at = new Date();

/** A folder that goes when the test ends. */
export function tempFolder(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'ports-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A server that says hello, as a project. */
export function helloProject(): Project {
  const path = tempFolder();
  writeFileSync(join(path, 'package.json'), '{ "name": "hello", "scripts": { "start": "node server.js" } }');
  writeFileSync(
    join(path, 'server.js'),
    "require('node:http').createServer((_, response) => response.end('hello')).listen(process.env.PORT, process.env.HOST);",
  );
  return {
    id: randomUUID(),
    teamId: randomUUID(),
    name: 'hello',
    slug: 'hello',
    sourceType: 'local',
    sourceConfig: { path },
    defaultBranch: 'main',
    envVars: [],
    createdAt: at,
    updatedAt: at,
  };
}

export function deploymentOf(project: Project): Deployment {
  return {
    id: randomUUID(),
    projectId: project.id,
    type: 'production',
    branch: 'main',
    slug: 'hello',
    status: 'pending',
    currentBuildId: null,
    publicUrl: null,
    internalHost: null,
    envVarOverrides: [],
    autoShutdown: false,
    expiresAt: null,
    createdAt: at,
    updatedAt: at,
  };
}

export function buildOf(deployment: Deployment): Build {
  return {
    id: randomUUID(),
    deploymentId: deployment.id,
    trigger: 'manual',
    triggeredBy: null,
    commitSha: 'abc',
    commitMessage: null,
    status: 'queued',
    logs: '',
    queuedAt: at,
    startedAt: null,
    completedAt: null,
    errorMessage: null,
  };
}

/** A runner with folders of its own, shut down when the test ends. */
export function testRunner(config: RunnerConfig): LocalProcessRunner {
  const dir = tempFolder();
  const runner = new LocalProcessRunner({
    stateDir: join(dir, 'state'),
    buildDir: join(dir, 'builds'),
    replaceGraceMs: 0,
    ...config,
  });
  runner.setSource({
    getProjectPath: ({ path }) =>
      path === undefined ? Promise.reject(new Error('no path')) : Promise.resolve(path),
  });
  onTestFinished(() => runner.shutdown());
  return runner;
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Build, Deployment, Logger, Project, RunningServer, RunOptions } from '@project-runner/core';
import { LocalProcessRunner } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';
import { onTestFinished } from 'vitest';

import { buildRecord, deploymentRecord, localSource, projectRecord } from './records.ts';
import { tempFolder } from './temp-folder.ts';

export interface TestRunner {
  runner: LocalProcessRunner;
  dir: string;
  config: RunnerConfig;
  warnings: string[];
}

/** A runner with folders of its own, shut down when the test ends. Ports from a range that nothing else here uses. */
export function testRunner(config: RunnerConfig = {}): TestRunner {
  const dir = tempFolder();
  const warnings: string[] = [];
  const note = (message: string): void => void warnings.push(message);
  const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
  const full: RunnerConfig = {
    portRange: { start: 21_000, end: 21_199 },
    buildDir: join(dir, 'builds'),
    stateDir: join(dir, 'state'),
    stopGraceMs: 3000,
    // Tests that redeploy look at what is left right afterwards.
    replaceGraceMs: 0,
    logger,
    ...config,
  };
  const runner = new LocalProcessRunner(full);
  runner.setSource(localSource);
  onTestFinished(() => runner.shutdown());
  return { runner, dir, config: full, warnings };
}

export interface Built {
  project: Project;
  deployment: Deployment;
  build: Build;
  log: string[];
}

/** Builds a folder, for tests that are about something later. Nothing is installed. */
export async function buildFolder(runner: LocalProcessRunner, path: string): Promise<Built> {
  const project = projectRecord(path);
  const deployment = deploymentRecord(project);
  const log: string[] = [];
  const build = await runner.build(project, buildRecord(deployment), { skipInstall: true }, (line) =>
    log.push(line),
  );
  if (build.status !== 'succeeded') throw new Error(`build failed: ${build.errorMessage}\n${log.join('\n')}`);
  return { project, deployment, build, log };
}

export async function deployFolder(
  runner: LocalProcessRunner,
  path: string,
  options: RunOptions = {},
): Promise<Built & { server: RunningServer }> {
  const built = await buildFolder(runner, path);
  const server = await runner.deploy(built.project, built.deployment, built.build, options);
  return { ...built, server };
}

/** Pids of living processes whose environment has this marker. Zombies are gone. */
export function processesMarked(id: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        if (/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return false;
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`PROJECT_RUNNER_ID=${id}`);
      } catch {
        // Gone while we looked.
        return false;
      }
    });
}

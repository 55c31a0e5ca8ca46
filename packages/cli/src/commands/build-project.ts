import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { Build } from '@project-runner/core';

import { exitCodeOfSignal, exitCodes } from '../exit-codes.ts';
import type { Reporter } from '../output/reporter.ts';
import { stageName } from '../output/stage-name.ts';
import type { OpenedProject } from '../project/open-project.ts';
import type { StopReason, StopRequests } from '../stop-requests.ts';
import type { ProjectOptions } from './project-options.ts';

/** The built project, or the exit code of a build that failed or was cancelled, which then has been told. */
export async function buildProject(
  opened: OpenedProject,
  options: ProjectOptions,
  reporter: Reporter,
  stop: StopRequests,
): Promise<Build | number> {
  const startedAt = performance.now();
  let isCached = false;
  const unlisten = opened.runner.on('build-stage', ({ stage, state, cached }) => {
    if (state === 'started') reporter.stage(stageName(stage));
    else if (stage === 'build') isCached = cached;
  });
  const build = await opened.runner.build(
    opened.project,
    opened.build,
    {
      envVars: opened.variables,
      secrets: opened.secrets,
      skipInstall: options.skipInstall ?? false,
      cache: options.cache ?? true,
      signal: stop.signal,
    },
    (line) => {
      reporter.buildLog(line);
      if (isNews(line) && !options.verbose) reporter.notice(line);
    },
  );
  unlisten();
  const reason = stop.reason();
  if (reason) return interrupted(reason, reporter);
  if (build.status === 'failed') {
    reporter.error(failure(build, opened), {
      echo: build.errorMessage ?? undefined,
      logFile: build.logPath ?? undefined,
      rewrite: opened.userPaths,
    });
    return exitCodes.buildFailed;
  }
  reporter.built({
    buildId: build.id,
    releaseDir: join(opened.buildsDir, build.id),
    durationMs: Math.round(performance.now() - startedAt),
    cached: isCached,
  });
  return build;
}

/** What people want to know although the build succeeds: a secret in the output, why everything is built anew. */
function isNews(line: string): boolean {
  return (
    /^(Warning|Not cached): /.test(line) && !line.endsWith('no earlier build of this project is in the cache')
  );
}

/** The exit code of a command that was ended before it came to its point. */
export function interrupted(reason: StopReason, reporter: Reporter): number {
  reporter.stopped();
  if (reason === 'uncaught') return exitCodes.unexpected;
  return reason === 'output-closed' ? exitCodes.ok : exitCodeOfSignal(reason);
}

function failure(build: Build, opened: OpenedProject): Error {
  const message = build.errorMessage ?? 'The build failed and gave no reason';
  return opened.findError(message) ?? new ProjectRunnerError('BUILD_FAILED', message);
}

import { randomUUID } from 'node:crypto';

import type {
  Build,
  BuildOptions,
  BuildStageEvent,
  PluginSet,
  Project,
  ProjectSource,
} from '@project-runner/core';

import { expectRecord } from '../check-value.ts';
import type { ResolvedConfig } from '../config.ts';
import { createBuildCollector } from './build-collector.ts';
import type { BuildCollector } from './build-collector.ts';
import { buildCancelled, buildErrorMessage, buildTimeout } from './build-error.ts';
import { createBuildLog } from './build-log.ts';
import type { BuildLog } from './build-log.ts';
import { createBuildStages } from './build-stages.ts';
import { createBuildQueue } from './build-queue.ts';
import type { BuildPlace, BuildQueue } from './build-queue.ts';
import { claimBuild, endOrphanedBuilds } from './claim-build.ts';
import { checkBuildOptions } from './check-build-options.ts';
import { explainDiskFull } from './disk-full.ts';
import { makeRelease } from './make-release.ts';
import { onAbort, orAborted } from './on-abort.ts';
import { createPausableTimer } from './pausable-timer.ts';
import { releaseDir } from './release.ts';
import { removeUnreleased } from './remove-unreleased.ts';

export interface ProjectBuilderParts {
  config: ResolvedConfig;
  plugins: PluginSet;
  /** Told the start and the end of each stage. */
  onStage?(event: BuildStageEvent): void;
}

export interface BuildRequest {
  project: Project;
  build: Build;
  source: ProjectSource;
  options?: BuildOptions;
  onLog?: (line: string) => void;
}

interface RunningBuild {
  buildId: string;
  cancel: AbortController;
  ended: Promise<void>;
}

/** Makes releases of projects: source → snapshot → detect → install → build → release. */
export class ProjectBuilder {
  readonly #parts: ProjectBuilderParts;
  readonly #queue: BuildQueue;
  /** By their folder. */
  readonly #running = new Map<string, RunningBuild>();
  readonly #collector: BuildCollector;
  #recovered: Promise<void> | null = null;

  constructor(parts: ProjectBuilderParts) {
    this.#parts = parts;
    const { maxConcurrentBuilds: total, maxConcurrentBuildsPerProject: perKey } = parts.config;
    this.#queue = createBuildQueue({ total, perKey });
    this.#collector = createBuildCollector(parts.config);
  }

  /**
   * Resolves to a `succeeded` or `failed` copy of the build; a build that is cancelled or times out is `failed`.
   * @throws TypeError for an id that cannot name a folder, or a build that is being built already
   */
  async build(request: BuildRequest): Promise<Build> {
    const { project, build } = request;
    expectRecord('project', project);
    expectRecord('build', build);
    const dir = releaseDir(this.#parts.config.buildDir, project.id, build.id);
    if (this.#running.has(dir)) throw new TypeError(`Build ${build.id} is being built already`);
    const ended = Promise.withResolvers<void>();
    const cancel = new AbortController();
    this.#running.set(dir, { buildId: build.id, cancel, ended: ended.promise });
    try {
      return await this.#build(request, dir, cancel);
    } finally {
      this.#running.delete(dir);
      ended.resolve();
    }
  }

  /** Builds that wait for their turn. */
  queued(): number {
    return this.#queue.waiting();
  }

  /** Cancels a build, running or waiting; resolves when it has ended. Answers whether there was one. */
  async cancel(buildId: string): Promise<boolean> {
    const found = [...this.#running.values()].filter((running) => running.buildId === buildId);
    for (const { cancel } of found) cancel.abort(buildCancelled());
    await Promise.all(found.map(({ ended }) => ended));
    return found.length > 0;
  }

  /** Ends what a runner that was killed left of its builds. Once; never rejects. */
  recover(): Promise<void> {
    const { config, plugins } = this.#parts;
    this.#recovered ??= endOrphanedBuilds({ ...config, launcher: plugins.one('launcher') });
    return this.#recovered;
  }

  /** Cancels all builds, running and waiting; resolves when they have ended. */
  async cancelAll(): Promise<void> {
    this.#abortAll();
    await this.idle();
  }

  /** Cancels all builds or waits for them; what makes room after builds ends soon, and does not begin again. */
  async close(builds: 'cancel' | 'wait'): Promise<void> {
    if (builds === 'cancel') this.#abortAll();
    await this.#ended();
    await this.#collector.close();
  }

  /** Resolves when all builds that are running or waiting now have ended. */
  async idle(): Promise<void> {
    await this.#ended();
    await this.#collector.idle();
  }

  #abortAll(): void {
    for (const { cancel } of this.#running.values()) cancel.abort(buildCancelled());
  }

  async #ended(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #build(request: BuildRequest, dir: string, cancel: AbortController): Promise<Build> {
    const { project, build, options = {} } = request;
    const { config } = this.#parts;
    const abort = (): void => cancel.abort(buildCancelled(options.signal?.reason));
    let unlisten = (): void => {};
    let startedAt: Date | null = null;
    let log: BuildLog | undefined;
    try {
      log = createBuildLog(`${dir}.log`, request.onLog, config.logger);
      const opened = log;
      checkBuildOptions(options);
      unlisten = onAbort(options.signal, abort);
      await orAborted(this.recover(), cancel.signal);
      const onWait = (position: number): void => opened.line(`Waiting for its turn, number ${position}`);
      await this.#queue.run({ key: project.id, signal: cancel.signal, onWait }, async (place) => {
        startedAt = new Date();
        await this.#make(dir, request, { log: opened, cancel, place });
      });
      this.#collector.start();
      return settled(build, startedAt, opened, null);
    } catch (error) {
      config.logger.debug(`Build ${build.id} failed`, error);
      const message = buildErrorMessage(await explainDiskFull(error, config.buildDir));
      log?.line(`Error: ${message}`);
      await this.#discard(dir);
      return settled(build, startedAt, log, log?.masked(message) ?? message);
    } finally {
      log?.close();
      unlisten();
    }
  }

  #make(
    dir: string,
    request: BuildRequest,
    { log, cancel, place }: { log: BuildLog; cancel: AbortController; place: BuildPlace },
  ): Promise<void> {
    const onLateAnswer = (): void => {
      // Another build of that id has cleared the folder and owns it now.
      if (!this.#running.has(dir)) void this.#discard(dir);
    };
    const id = `build-${randomUUID()}`;
    const release = claimBuild(this.#parts.config.stateDir, id, dir);
    const { signal } = cancel;
    const { project, build } = request;
    const stages = createBuildStages({ projectId: project.id, buildId: build.id }, this.#tellStage);
    const timeoutMs = request.options?.timeoutMs ?? this.#parts.config.defaultBuildTimeoutMs;
    const timer = createPausableTimer(timeoutMs, () => cancel.abort(buildTimeout(timeoutMs)));
    const standBy = (): (() => Promise<void>) => {
      timer.pause();
      const comeBack = place.lend();
      return () => comeBack().then(timer.resume);
    };
    return makeRelease({
      ...this.#parts,
      request,
      id,
      dir,
      log,
      stages,
      signal,
      onLateAnswer,
      standBy,
    }).finally(() => {
      timer.clear();
      release();
    });
  }

  readonly #tellStage = (event: BuildStageEvent): void => {
    try {
      this.#parts.onStage?.(event);
    } catch (error) {
      this.#parts.config.logger.warn('The onStage callback threw', error);
    }
  };

  /** A copy is easily 160 MB, and one that failed is of no use to anybody; its log is. */
  async #discard(dir: string): Promise<void> {
    try {
      await removeUnreleased(dir, this.#parts.config.buildDir);
    } catch (error) {
      this.#parts.config.logger.warn(`The files of a failed build in ${dir} could not be removed`, error);
    }
  }
}

function settled(
  build: Build,
  startedAt: Date | null,
  log: BuildLog | undefined,
  errorMessage: string | null,
): Build {
  return {
    ...build,
    status: errorMessage === null ? 'succeeded' : 'failed',
    logs: log?.text() ?? build.logs,
    logPath: log?.path ?? null,
    startedAt: startedAt ?? build.startedAt,
    completedAt: new Date(),
    errorMessage,
  };
}

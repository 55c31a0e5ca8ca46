import type { WakeRequest } from './activator-router.ts';
import type { ProjectConfig } from './project-config.ts';
import type { ProjectStatus } from './project-status.ts';

/** Many projects, each started when it is wanted and stopped when nobody wants it any more. */
export interface Activator {
  /**
   * Makes a project known, so that a request wakes it; it costs nothing until then. A second call changes how it is
   * started from the next start on.
   * @throws TypeError for an id that is no file name; ProjectRunnerError `CONFIG_INVALID`
   */
  register(projectId: string, config: ProjectConfig): void;
  /** Stops a project and makes it unknown. @throws ProjectRunnerError `STOP_FAILED` */
  forget(projectId: string): Promise<void>;
  /**
   * Resolves when the project serves. Whoever asks at the same time shares one start; one that runs is not started again,
   * and a config given for it counts from its next start. Without a config the project is one that is known.
   * @throws ProjectRunnerError `PROJECT_NOT_FOUND`, `RUNNER_CLOSED`, `DEPLOY_CANCELLED` where it is stopped meanwhile, and
   * those of a start: `SPAWN_FAILED`, `SERVER_EXITED`, `SERVER_NOT_READY`, `PORTS_EXHAUSTED`, …
   */
  ensureRunning(projectId: string, config?: ProjectConfig): Promise<ProjectStatus>;
  /** `null` for an unknown project. */
  status(projectId: string): ProjectStatus | null;
  /** Those of which something runs, or is about to. */
  activeProjects(): ProjectStatus[];
  /** Somebody wants the project: its idle time begins anew. Answers whether it is known. */
  touch(projectId: string): boolean;
  /**
   * The project is not stopped for being idle until the answer is called: for requests that no router sees. One that is
   * `stopping` already is stopped; `ensureRunning` starts it again.
   */
  hold(projectId: string): () => void;
  /**
   * Stops a project; a start under way is cancelled. The next request wakes it again. An unknown one is nothing to do.
   * @throws ProjectRunnerError `STOP_FAILED` naming the processes that survived
   */
  stop(projectId: string): Promise<void>;
  /** @throws AggregateError when projects could not be stopped; all were tried */
  stopAll(): Promise<void>;
  /** For the option `wake` of `router-http`. Resolves without doing anything for what is no project of this activator. */
  wake(request: WakeRequest): Promise<void>;
  /**
   * Where a path of a project is on this machine, `http://127.0.0.1:{port}{path}{search}`; starts the project if need be.
   * `null` for paths with none of the prefixes, and without an id unless exactly one project is active.
   * @throws as `ensureRunning` does
   */
  resolveLocalUrl(pathWithQuery: string, projectId?: string): Promise<string | null>;
  /** What the server of a project has as `RUNTIME_AUTH_SECRET`; with `webhook:{id}` its `WEBHOOK_TOKEN`. */
  deriveRuntimeToken(id: string): string;
  /** The log of its server, or of its last one; '' where there was none. */
  getLogs(projectId: string, options?: { tail?: number; since?: Date }): Promise<string>;
  /** Stops all projects, for good: later starts reject with `RUNNER_CLOSED`. A second call joins the first. */
  shutdown(): Promise<void>;
}

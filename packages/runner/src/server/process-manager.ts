import type { ServerSupervisor } from './server-supervisor.ts';

/** Ended servers whose status stays readable. */
const keptEnded = 100;

/** Knows the servers that run, and those that ended lately. */
export class ProcessManager {
  readonly #supervisors = new Map<string, ServerSupervisor>();

  track(supervisor: ServerSupervisor): void {
    this.#supervisors.set(supervisor.server.id, supervisor);
    const ended = [...this.#supervisors.values()].filter((item) => isEnded(item));
    for (const old of ended.slice(0, -keptEnded)) this.#supervisors.delete(old.server.id);
  }

  /** A server that runs or ran. */
  get(serverId: string): ServerSupervisor | undefined {
    return this.#supervisors.get(serverId);
  }

  /** The server of a deployment that runs now, or is about to run again. */
  getByDeploymentId(deploymentId: string): ServerSupervisor | undefined {
    return this.getAll().findLast((supervisor) => supervisor.server.deploymentId === deploymentId);
  }

  /** All that have not ended. */
  getAll(): readonly ServerSupervisor[] {
    return [...this.#supervisors.values()].filter((supervisor) => !isEnded(supervisor));
  }

  isRunning(serverId: string): boolean {
    const handle = this.get(serverId)?.handle ?? null;
    return handle !== null;
  }

  getRunningCount(): number {
    return this.getAll().filter((supervisor) => this.isRunning(supervisor.server.id)).length;
  }

  /**
   * Stops a server. A second call joins the first; an unknown id is nothing to do.
   * @throws ProjectRunnerError `STOP_FAILED` naming the processes that survived
   */
  async kill(serverId: string): Promise<void> {
    await this.get(serverId)?.stop();
  }

  /** @throws AggregateError when servers could not be stopped; all were tried */
  async killAll(): Promise<void> {
    await endAll(this.getAll(), (supervisor) => supervisor.stop(), 'stopped');
  }

  /** Lets go of all servers, for the next runner to take over. @throws AggregateError as `killAll` does */
  async leaveAll(): Promise<void> {
    await endAll(this.getAll(), (supervisor) => supervisor.leave(), 'left');
  }
}

async function endAll(
  supervisors: readonly ServerSupervisor[],
  end: (supervisor: ServerSupervisor) => Promise<void>,
  what: string,
): Promise<void> {
  const results = await Promise.allSettled(supervisors.map(end));
  const errors = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} servers could not be ${what}`);
}

function isEnded({ state }: ServerSupervisor): boolean {
  return state === 'exited' || state === 'crashed';
}

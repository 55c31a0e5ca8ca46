import type { LogSession, LogSinkPlugin, Logger } from '@project-runner/core';

import type { AccessLogEntry } from './access-log-entry.ts';
import { SessionLog } from './session-log.ts';

/** A log sink that takes the access log, a session a deployment. */
export class SinkLog {
  readonly #sink: LogSinkPlugin;
  readonly #logger: Logger;
  readonly #sessions = new Map<string, SessionLog>();
  readonly #closing = new Set<Promise<void>>();

  constructor(sink: LogSinkPlugin, logger: Logger) {
    this.#sink = sink;
    this.#logger = logger;
  }

  write(entry: AccessLogEntry): void {
    const key = entry.deploymentId ?? unrouted;
    let session = this.#sessions.get(key);
    if (!session) {
      session = new SessionLog(
        this.#sink,
        accessLogSession(entry.deploymentId, entry.projectId),
        this.#logger,
      );
      this.#sessions.set(key, session);
    }
    session.add(line(entry));
  }

  forget(deploymentId: string): void {
    const session = this.#sessions.get(deploymentId);
    if (!session) return;
    this.#sessions.delete(deploymentId);
    const closing = session.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async close(): Promise<void> {
    for (const key of this.#sessions.keys()) this.forget(key);
    await Promise.all(this.#closing);
  }
}

const unrouted = 'unrouted';

/** As a sink's `read` takes it. `null`: the requests that no route was found for. */
export function accessLogSession(deploymentId: string | null, projectId: string | null): LogSession {
  return {
    serverId: `access-${deploymentId ?? unrouted}`,
    deploymentId: deploymentId ?? '',
    projectId: projectId ?? '',
    buildId: '',
  };
}

/** JSON on one line: whatever a client sends is escaped. */
function line({ time, latencyMs, durationMs, heldMs, ...rest }: AccessLogEntry): string {
  return JSON.stringify({
    time: time.toISOString(),
    ...rest,
    latencyMs: latencyMs === null ? null : round(latencyMs),
    durationMs: round(durationMs),
    heldMs: round(heldMs),
  });
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

import type { LogPipeline } from '../logs/log-pipeline.ts';
import type { StoredLaunch, StoredServer } from './server-state.ts';
import type { SupervisionContext } from './supervision-context.ts';

export interface SupervisorOptions {
  context: SupervisionContext;
  /** What is kept of it so far. */
  stored: StoredServer;
  /** All variables of the server but those of its address; `null` where they went with an earlier runner. */
  env: Readonly<Record<string, string>> | null;
  logs: LogPipeline;
  /** Asked before each restart; without it the server is started as it was. */
  replan?: () => Promise<ServerPlan>;
  /** Another runner has it: it may be looked at, and stopped when somebody asks for that, and never on its own account. */
  isForeign?: boolean;
  /** Gives the server back to whoever claims it next. */
  disown(): void;
}

/** How a server is started. */
export interface ServerPlan {
  launch: StoredLaunch;
  /** All variables but those of the address. */
  env: Readonly<Record<string, string>>;
  secretNames: readonly string[];
}

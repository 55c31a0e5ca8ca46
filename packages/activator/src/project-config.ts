import type { ServerLimits } from '@project-runner/core';

/** A project that is started on demand. */
export interface ProjectConfig {
  /** Absolute path of its folder, where its server runs; also `PROJECT_DIR`. */
  dir: string;
  /** What is run. @default what `spawnCommand` answers */
  command?: { file: string; args?: readonly string[] };
  /** Variables of the server. @default {} */
  env?: Readonly<Record<string, string>>;
  /** Like `env`, with values that are masked in the log where they have 4 bytes or more. @default {} */
  secrets?: Readonly<Record<string, string>>;
  /** Path of its health probe. @default `/health` is tried; where there is none, a port that accepts is enough */
  healthPath?: string;
  /** Before the base domain of the router. @default made of the id */
  subdomain?: string;
  /** It is stopped when nobody wanted it for so long, in ms; `false`: never. @default that of the activator */
  idleTimeoutMs?: number | false;
  /** Until when it must be healthy, in ms. @default that of the runner, 30 s */
  startTimeoutMs?: number;
  limits?: ServerLimits;
}

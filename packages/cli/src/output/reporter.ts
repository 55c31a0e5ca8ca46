import type { Logger, LogStreamName } from '@project-runner/core';

import type { CliIo } from '../cli-io.ts';
import { createHumanReporter } from './human-reporter.ts';
import { createJsonReporter } from './json-reporter.ts';

export interface BuiltInfo {
  buildId: string;
  /** Absolute folder of the built copy. */
  releaseDir: string;
  durationMs: number;
  /** Nothing was run: the release has the files of an earlier build. */
  cached: boolean;
}

export interface ReadyInfo {
  /** `http://127.0.0.1:4112` */
  url: string;
  port: number;
  pid: number | null;
  serverId: string;
  /** Absolute; `null` where the log goes somewhere else. */
  logFile: string | null;
}

export interface ErrorDetails {
  /** Where all of the log is. */
  logFile?: string | undefined;
  /** Text with which the build log ends, because it is this error's. */
  echo?: string | undefined;
  /** What to do about an error that does not say so itself. */
  hint?: string | undefined;
  /** Makes paths the user's. */
  rewrite?: ((text: string) => string) | undefined;
}

export interface ResponseInfo {
  path: string;
  /** `null` where no answer came; `body` then says why. */
  status: number | null;
  body: string;
}

/** Tells the user, or the program that reads `--json`, what happens. */
export interface Reporter {
  stage(name: string): void;
  buildLog(line: string): void;
  built(info: BuiltInfo): void;
  /** The answer of `build`: the folder of the release. */
  release(dir: string): void;
  ready(info: ReadyInfo): void;
  log(stream: LogStreamName, line: string): void;
  response(info: ResponseInfo): void;
  notice(message: string): void;
  stopped(): void;
  error(error: unknown, details?: ErrorDetails): void;
  /** What the runner itself has to say. */
  readonly logger: Logger;
  /** Leaves the terminal as it was found. */
  close(): void;
}

export interface ReporterOptions {
  json: boolean;
  verbose: boolean;
}

export function createReporter(io: CliIo, options: ReporterOptions): Reporter {
  return options.json ? createJsonReporter(io, options) : createHumanReporter(io, options);
}

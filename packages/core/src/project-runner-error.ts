import type { ErrorCode } from './error-code.ts';
import type { PluginKey } from './plugin.ts';

const brand = Symbol.for('@project-runner/error');

export interface ProjectRunnerErrorOptions {
  cause?: unknown;
  /** The plugin that was at work. */
  plugin?: PluginKey | string;
  /** What the user can do about it, shown under the message. */
  hint?: string;
}

/**
 * The one error of Project Runner. Handle it by `code`; the message is prose. Recognise it with
 * `ProjectRunnerError.is`: with two copies of this package in a tree, `instanceof` says no to the other's errors.
 */
export class ProjectRunnerError extends Error {
  override readonly name = 'ProjectRunnerError';
  readonly code: ErrorCode;
  readonly plugin: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: ProjectRunnerErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.plugin = options.plugin;
    this.hint = options.hint;
    Object.defineProperty(this, brand, { value: true });
  }

  static is(value: unknown): value is ProjectRunnerError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

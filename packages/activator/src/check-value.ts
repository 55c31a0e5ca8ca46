import { ProjectRunnerError } from '@project-runner/core';

/** `CONFIG_INVALID` with the key, the value and what was expected. */
export function wrong(key: string, value: unknown, expected: string): ProjectRunnerError {
  const shown = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
  return new ProjectRunnerError('CONFIG_INVALID', `${key} must be ${expected}; found ${shown}`);
}

/** The longest delay a Node timer takes. */
export const maxTimerMs: number = 2 ** 31 - 1;

export function checkMs(key: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > maxTimerMs) {
    throw wrong(key, value, `a whole number of ms from 1 to ${maxTimerMs}`);
  }
}

/** In ms, or `false` for never. */
export function checkIdleTimeout(key: string, value: unknown): void {
  if (value !== false) checkMs(key, value);
}

/** Ids name a data folder and a route, and are a part of what tokens are made of. @throws TypeError */
export function checkProjectId(projectId: unknown): void {
  if (typeof projectId === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(projectId)) return;
  throw new TypeError(
    `projectId must be up to 200 letters, digits, ".", "_" and "-"; found ${JSON.stringify(projectId)}`,
  );
}

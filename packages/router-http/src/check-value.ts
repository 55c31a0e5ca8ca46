import { ProjectRunnerError } from '@project-runner/core';

// Each throws `CONFIG_INVALID` with the key, the value and what was expected; what is absent is let through.

export function whole(key: string, value: unknown, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw wrong(key, value, `a whole number from ${min} to ${max}`);
  }
  return value;
}

export function text(key: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') throw wrong(key, value, 'a string that is not empty');
  return value;
}

export function flag(key: string, value: unknown): boolean | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'boolean') throw wrong(key, value, 'true or false');
  return value;
}

export function callable<T>(key: string, value: T | undefined): T | undefined {
  if (value !== undefined && typeof value !== 'function') throw wrong(key, value, 'a function');
  return value;
}

/** An object with no other keys than these. */
export function shape(key: string, value: unknown, keys: readonly string[]): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(key, value, 'an object');
  for (const found of Object.keys(value)) {
    if (!keys.includes(found)) {
      const at = key === 'options' ? found : `${key}.${found}`;
      throw new ProjectRunnerError(
        'CONFIG_INVALID',
        `router-http: unknown key ${at}: expected one of ${keys.join(', ')}`,
      );
    }
  }
}

export function wrong(key: string, value: unknown, expected: string): ProjectRunnerError {
  return new ProjectRunnerError(
    'CONFIG_INVALID',
    `router-http: wrong value for ${key}: expected ${expected}, found ${show(value)}`,
  );
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}

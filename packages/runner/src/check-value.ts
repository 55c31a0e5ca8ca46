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

export function expectObject(key: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(key, value, 'an object');
  }
}

/** @throws ProjectRunnerError `CONFIG_INVALID` for a key that is none: a typing error must not go unseen */
export function onlyKeys(key: string | null, value: object, known: readonly string[]): void {
  for (const [name, item] of Object.entries(value)) {
    if (known.includes(name)) continue;
    throw wrong(key === null ? name : `${key}.${name}`, item, `one of ${known.join(', ')}`, 'unknown key');
  }
}

/** A record that a host hands over. @throws TypeError */
export function expectRecord(name: string, value: unknown): void {
  const { id } = (typeof value === 'object' && value !== null ? value : {}) as { id?: unknown };
  if (typeof id === 'string' && id !== '') return;
  const found = typeof value === 'object' && value !== null ? `id ${show(id)}` : show(value);
  throw new TypeError(`${name} must be a record with an id that is a string; found ${found}`);
}

export function wrong(
  key: string,
  value: unknown,
  expected: string,
  what = 'wrong value',
): ProjectRunnerError {
  return new ProjectRunnerError(
    'CONFIG_INVALID',
    `${what} for ${key}: expected ${expected}, found ${show(value)}`,
  );
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}

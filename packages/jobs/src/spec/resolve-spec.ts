import { resolve } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';

import type { JobLimits, ResolvedJobSpec } from '../job-spec.ts';
import { splitCommand } from './split-command.ts';

/** Where a key of a spec stands, for people: `job.yaml:3:5: limits.cpus`. */
export type Locate = (path: readonly string[]) => string;

export interface SpecOrigin {
  /** Absolute: what relative paths are relative to. */
  dir: string;
  /** Of a spec that has no name. */
  name: string;
  locate: Locate;
}

const maxSeconds = 2_147_483;

/** Checks what a user wrote, and fills in what he did not. @throws ProjectRunnerError `CONFIG_INVALID` */
export function resolveSpec(value: unknown, origin: SpecOrigin): ResolvedJobSpec {
  const at = new Checker(origin.locate);
  const spec = at.object([], value, keys);
  return {
    name: at.matching(
      ['name'],
      spec.name ?? origin.name,
      /^[\w.-]{1,100}$/,
      'letters, digits, ".", "_" and "-"',
    ),
    argv: argvOf(at, spec.command),
    env: environmentOf(at, ['env'], spec.env),
    cwd: resolve(origin.dir, at.text(['cwd'], spec.cwd ?? '.')),
    limits: limitsOf(at, spec.limits),
    retries: at.number(['retries'], spec.retries ?? 0, 'a whole number from 0 to 100', isWhole(100)),
    isolate: at.flag(['isolate'], spec.isolate ?? false),
    inputVariables: [spec.inputVariables ?? []]
      .flat()
      .map((name) => at.matching(['inputVariables'], name, variableName, 'names of variables')),
  };
}

/** @throws ProjectRunnerError `CONFIG_INVALID` */
export function resolveEnvironment(value: unknown): Record<string, string> {
  return environmentOf(new Checker((path) => path.join('.')), ['env'], value);
}

export const variableName: RegExp = /^[A-Za-z_]\w*$/;

const keys = ['name', 'command', 'env', 'cwd', 'limits', 'retries', 'isolate', 'inputVariables'];
const limitKeys = ['cpus', 'memoryBytes', 'timeSeconds'];

function argvOf(at: Checker, command: unknown): [string, ...string[]] {
  const expected = 'a command such as "node job.js", or a list of its words';
  if (command === undefined || command === null) throw at.wrong(['command'], undefined, expected);
  const words = typeof command === 'string' ? splitAt(at, command) : command;
  if (!Array.isArray(words) || words.some((word) => typeof word !== 'string' || word.includes('\0'))) {
    throw at.wrong(['command'], command, expected);
  }
  const [file, ...args] = words as string[];
  if (file === undefined || file.trim() === '') throw at.wrong(['command'], command, expected);
  return [file, ...args];
}

function splitAt(at: Checker, command: string): string[] {
  try {
    return splitCommand(command);
  } catch (error) {
    throw at.wrong(['command'], command, `words as for a shell, and ${(error as Error).message}`);
  }
}

function environmentOf(at: Checker, path: string[], value: unknown): Record<string, string> {
  const entries = Object.entries(at.object(path, value ?? {}));
  return Object.fromEntries(
    entries.map(([name, item]) => {
      const isValue = ['string', 'number', 'boolean'].includes(typeof item) && !String(item).includes('\0');
      if (name === '' || /[=\0]/.test(name)) throw at.wrong([...path, name], name, 'the name of a variable');
      if (!isValue) throw at.wrongSecret([...path, name], item, 'a text, a number, true or false');
      return [name, String(item)];
    }),
  );
}

function limitsOf(at: Checker, value: unknown): JobLimits {
  const limits = at.object(['limits'], value ?? {}, limitKeys);
  const check = (key: keyof JobLimits, expected: string, test: (value: number) => boolean): JobLimits => {
    const limit = limits[key] ?? undefined;
    return limit === undefined ? {} : { [key]: at.number(['limits', key], limit, expected, test) };
  };
  return {
    ...check('cpus', 'cores, a number from 0.01 to 1024', (cpus) => cpus >= 0.01 && cpus <= 1024),
    ...check(
      'memoryBytes',
      'bytes, a whole number from 1048576',
      (bytes) => Number.isSafeInteger(bytes) && bytes >= 1_048_576,
    ),
    ...check(
      'timeSeconds',
      `seconds, a number above 0 up to ${maxSeconds}`,
      (seconds) => seconds > 0 && seconds <= maxSeconds,
    ),
  };
}

function isWhole(max: number): (value: number) => boolean {
  return (value) => Number.isInteger(value) && value >= 0 && value <= max;
}

/** Each check answers the value, or throws with the place where it stands. */
class Checker {
  readonly #locate: Locate;

  constructor(locate: Locate) {
    this.#locate = locate;
  }

  object(path: readonly string[], value: unknown, known?: readonly string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.wrong(path, value, path.length === 0 ? 'a job: an object with a command' : 'an object');
    }
    const unknown = known && Object.keys(value).find((key) => !known.includes(key));
    if (known && unknown !== undefined) {
      throw this.#error([...path, unknown], `unknown key; the keys are ${known.join(', ')}`);
    }
    return value as Record<string, unknown>;
  }

  text(path: readonly string[], value: unknown): string {
    if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
    throw this.wrong(path, value, 'a text that is not empty');
  }

  matching(path: readonly string[], value: unknown, pattern: RegExp, expected: string): string {
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw this.wrong(path, value, expected);
  }

  flag(path: readonly string[], value: unknown): boolean {
    if (typeof value === 'boolean') return value;
    throw this.wrong(path, value, 'true or false');
  }

  number(
    path: readonly string[],
    value: unknown,
    expected: string,
    test: (value: number) => boolean,
  ): number {
    if (typeof value === 'number' && test(value)) return value;
    throw this.wrong(path, value, expected);
  }

  wrong(path: readonly string[], value: unknown, expected: string): ProjectRunnerError {
    const found = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
    return this.#error(path, `expected ${expected}; found ${found}`);
  }

  /** Only the kind of what was found is told. */
  wrongSecret(path: readonly string[], value: unknown, expected: string): ProjectRunnerError {
    return this.#error(path, `expected ${expected}; found ${kindOf(value)}`);
  }

  #error(path: readonly string[], problem: string): ProjectRunnerError {
    const place = this.#locate(path);
    return new ProjectRunnerError('CONFIG_INVALID', place === '' ? problem : `${place}: ${problem}`);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a text with NUL in it' : `something of type ${typeof value}`;
}

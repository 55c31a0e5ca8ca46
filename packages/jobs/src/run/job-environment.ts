import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { baseEnvironment } from '@project-runner/launcher-local';

import type { ResolvedJobSpec } from '../job-spec.ts';
import type { RunSecret } from '../store/run-record.ts';
import type { RunFiles } from '../store/run-files.ts';
import { withHeapLimit } from './heap-limit.ts';

/** Programs must be found, and text has a language; whose machine it is, is not theirs to know. */
const isolated = new Set(['PATH', 'LANG', 'LANGUAGE', 'TZ', 'SYSTEMROOT', 'COMSPEC', 'PATHEXT']);

/** What a job sees, but for what depends on the attempt: the allowed variables of its caller, below its own. */
export function jobEnvironment(
  spec: ResolvedJobSpec,
  env: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = baseEnvironment(),
): Record<string, string> {
  const base = Object.entries(environment).filter(
    ([name]) => !spec.isolate || isolated.has(name.toUpperCase()) || name.startsWith('LC_'),
  );
  return withHeapLimit({ ...Object.fromEntries(base), ...spec.env, ...env }, spec);
}

/** The rest of it. Makes the folders that it names. @throws Error of the file system */
export function attemptEnvironment(
  { env, input, inputVariables }: RunSecret,
  isIsolated: boolean,
  files: RunFiles,
  attempt: number,
): Record<string, string> {
  // It may be there, empty, of an owner that was killed before he started anything.
  mkdirSync(files.output(attempt), { recursive: true, mode: 0o700 });
  return {
    ...(isIsolated ? ownHome(files.home(attempt)) : {}),
    ...env,
    ...(input === null ? {} : Object.fromEntries(inputVariables.map((name) => [name, input]))),
    PROJECT_RUNNER_RESULT: files.result(attempt),
    PROJECT_RUNNER_OUTPUT_DIR: files.output(attempt),
  };
}

function ownHome(home: string): Record<string, string> {
  const temp = join(home, 'tmp');
  mkdirSync(temp, { recursive: true, mode: 0o700 });
  return { HOME: home, USERPROFILE: home, TMPDIR: temp, TMP: temp, TEMP: temp };
}

/** How the server of a project is started. */
export interface SpawnConfig {
  /** Absolute path of a program, `node`, or a name to be found on `PATH`. */
  file: string;
  args: readonly string[];
  cwd: string;
  /** Variables beside those that every server gets. */
  env: Readonly<Record<string, string>>;
  /** Variables whose values are masked in the log. */
  secrets: Readonly<Record<string, string>>;
}

/** What is wrong with a value that should be one, `null` for nothing. Values of variables are not shown. */
export function spawnConfigProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return `expected an object, found ${String(value)}`;
  const { file, args, cwd, env, secrets } = value as Partial<Record<keyof SpawnConfig, unknown>>;
  for (const [key, text] of Object.entries({ file, cwd })) {
    if (typeof text !== 'string' || text === '') return `expected ${key} to be a string that is not empty`;
  }
  if (!Array.isArray(args) || args.some((arg) => typeof arg !== 'string')) {
    return 'expected args to be a list of strings';
  }
  for (const [key, variables] of Object.entries({ env, secrets })) {
    if (!isRecordOfText(variables)) return `expected ${key} to be an object of strings`;
  }
  return null;
}

function isRecordOfText(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === 'string');
}

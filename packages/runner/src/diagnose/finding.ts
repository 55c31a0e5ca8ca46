/** What was looked at. */
export type DiagnosisCheck =
  | 'configuration'
  | 'platform'
  | 'node'
  | 'control-groups'
  | 'state-folder'
  | 'volume'
  | 'hole-punching'
  | 'ports'
  | 'package-manager'
  | 'framework'
  | 'plugins';

/** What came of one look. */
export interface Finding {
  check: DiagnosisCheck;
  /** `warning`: it works, and less well than it could. `problem`: something will fail. */
  level: 'ok' | 'warning' | 'problem';
  /** For people. */
  message: string;
  /** What to do; `null` where there is nothing to do. */
  hint: string | null;
  /** For programs: fields by check, see the README of the command line. */
  details: Readonly<Record<string, unknown>>;
}

type Details = Finding['details'];

/** The findings of one check. */
export interface FindingsOf {
  ok(message: string, details?: Details): Finding;
  warning(message: string, hint: string, details?: Details): Finding;
  problem(message: string, hint: string | null, details?: Details): Finding;
}

export function findingsOf(check: DiagnosisCheck): FindingsOf {
  return {
    ok: (message, details = {}) => ({ check, level: 'ok', message, hint: null, details }),
    warning: (message, hint, details = {}) => ({ check, level: 'warning', message, hint, details }),
    problem: (message, hint, details = {}) => ({ check, level: 'problem', message, hint, details }),
  };
}

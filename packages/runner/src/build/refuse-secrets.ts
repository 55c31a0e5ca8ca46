import { ProjectRunnerError } from '@project-runner/core';
import type { SecretsInOutput } from '@project-runner/core';

import { findSecrets } from './find-secrets.ts';
import type { SecretFinding } from './find-secrets.ts';

export interface RefuseSecretsOptions {
  /** Values by the names of their variables. */
  secrets: ReadonlyMap<string, string>;
  policy: SecretsInOutput;
  onLine(line: string): void;
  signal: AbortSignal;
}

/** Named at most; the rest is counted. */
const shown = 20;

/**
 * Looks for secret values in what was built, and tells of them by file and variable.
 * @throws ProjectRunnerError `SECRET_IN_OUTPUT` where the policy is `fail`
 */
export async function refuseSecrets(
  root: string,
  { secrets, policy, onLine, signal }: RefuseSecretsOptions,
): Promise<void> {
  if (policy === 'ignore') return;
  const { findings, unreadable } = await findSecrets(root, secrets, signal);
  if (unreadable.length > 0) onLine(`Warning: not searched for secrets: ${list(unreadable)}`);
  if (findings.length === 0) return;
  if (policy === 'fail') throw secretInOutput(findings);
  for (const { file, name } of findings.slice(0, shown)) {
    onLine(`Warning: ${file} holds the value of ${name}, which is secret`);
  }
  if (findings.length > shown) onLine(`Warning: and ${findings.length - shown} more like these`);
}

function secretInOutput(findings: readonly SecretFinding[]): ProjectRunnerError {
  const places = list(findings.map(({ file, name }) => `${file} (${name})`));
  return new ProjectRunnerError('SECRET_IN_OUTPUT', `The output holds values that are secret: ${places}`, {
    hint: 'Let the server read them when it runs, instead of the build; or set secretsInOutput to "warn"',
  });
}

function list(items: readonly string[]): string {
  const more = items.length > shown ? ` and ${items.length - shown} more` : '';
  return `${items.slice(0, shown).join(', ')}${more}`;
}

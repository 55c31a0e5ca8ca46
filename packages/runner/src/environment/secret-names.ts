import type { Deployment, Project } from '@project-runner/core';

/** Names of the variables whose values are secret: those given as `secrets`, and stored ones that are marked so. */
export function secretNames(
  project: Pick<Project, 'envVars'>,
  deployment: Pick<Deployment, 'envVarOverrides'> | null,
  options: { secrets?: Readonly<Record<string, string>> },
): string[] {
  const names = [
    ...marked(project.envVars),
    ...marked(deployment?.envVarOverrides),
    ...Object.keys(options.secrets ?? {}),
  ];
  return [...new Set(names)];
}

/** Of a list of `{ key, value, isSecret }`. */
function marked(stored: unknown): string[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((item: { key?: unknown; isSecret?: unknown } | null) =>
    typeof item?.key === 'string' && item.isSecret === true ? [item.key] : [],
  );
}

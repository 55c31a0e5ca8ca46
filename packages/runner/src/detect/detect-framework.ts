import { callPlugin, ProjectRunnerError } from '@project-runner/core';
import type { DirectorySnapshot, FrameworkPlugin } from '@project-runner/core';

export interface DetectedFramework {
  plugin: FrameworkPlugin;
  reason: string;
}

/**
 * Which framework a project uses: the last plugin that is specific about it, so that one added by the user wins over
 * the preset; else the last fallback.
 * @throws ProjectRunnerError `FRAMEWORK_UNKNOWN`
 */
export function detectFramework(
  project: DirectorySnapshot,
  frameworks: readonly FrameworkPlugin[],
): DetectedFramework {
  const found = frameworks.flatMap((plugin) => {
    const evidence = callPlugin(plugin, 'detect', () => plugin.detect(project));
    return evidence ? [{ plugin, ...evidence }] : [];
  });
  const best =
    found.findLast((item) => item.strength === 'specific') ??
    found.findLast((item) => item.strength === 'fallback');
  if (best) return { plugin: best.plugin, reason: best.reason };
  throw new ProjectRunnerError(
    'FRAMEWORK_UNKNOWN',
    `no framework plugin knows how to build and start ${project.dir} ` +
      `(asked: ${frameworks.map((plugin) => plugin.name).join(', ') || 'none'})`,
    { hint: hintFor(project) },
  );
}

function hintFor({ manifest, has }: DirectorySnapshot): string {
  const isWorkspace = (manifest?.workspaces?.length ?? 0) > 0 || has('pnpm-workspace.yaml');
  return isWorkspace
    ? 'It is the root of a workspace: name the folder of the package that is the server, `apps/web` for example'
    : 'Give package.json a "start" script or a "main" entry, or add a framework plugin';
}

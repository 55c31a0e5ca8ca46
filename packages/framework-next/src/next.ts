import { join, posix } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { DirectorySnapshot, FrameworkEvidence, FrameworkPlugin, OutputCopy } from '@project-runner/core';

import { readBuild } from './read-build.ts';
import type { NextBuild } from './read-build.ts';

export interface NextOptions {
  /** `distDir` of the project's next.config. @default '.next' */
  distDir?: string;
  /** Path of the health probe. Without it `/health` is tried, and a server without that path is ready, too. */
  healthPath?: string;
  /** From SIGTERM to the end, in seconds: Next finishes the requests it has. @default 10 */
  drainSeconds?: number;
}

const startsNext = /\bnext (start|dev)\b|^node (\.\/)?\S*\bstandalone\/(\S+\/)?server\.js$/;
const sources = ['app', 'pages', 'src/app', 'src/pages'];
const configs = ['js', 'mjs', 'cjs', 'ts', 'mts'].map((ending) => `next.config.${ending}`);

/** Next projects: built as `standalone`, whatever their config says of it, with their assets beside the server. */
export function next(options: NextOptions = {}): FrameworkPlugin {
  const { distDir = '.next', healthPath, drainSeconds = 10 } = options;
  return {
    kind: 'framework',
    name: 'next',
    apiVersion: 1,
    drainSeconds,
    ...(healthPath === undefined ? {} : { healthPath }),
    detect,
    build: ({ manifest }) => ({
      ...(manifest?.scripts.build === undefined ? {} : { script: 'build' }),
      // The default of `output`, which only next.config sets otherwise.
      env: { NEXT_PRIVATE_STANDALONE: '1', NEXT_TELEMETRY_DISABLED: '1' },
    }),
    output(project) {
      const built = readBuild(project, distDir);
      if (project.has(built.entry)) return built.entry;
      throw noServer(project, built);
    },
    copies: (project) => assets(project, distDir),
    start: (release) => ({
      command: { file: 'node', args: [join(release.dir, readBuild(release, distDir).entry)] },
      cwd: 'release',
    }),
    env: ({ host, port }) => ({ PORT: String(port), HOSTNAME: host }),
  };
}

function detect({ manifest, has }: DirectorySnapshot): FrameworkEvidence | null {
  const dependencies = { ...manifest?.devDependencies, ...manifest?.dependencies };
  if (!manifest || !Object.hasOwn(dependencies, 'next')) return null;
  const { start, build } = manifest.scripts;
  const reason = 'dependency next';
  if (start !== undefined) {
    // A server of the project's own around Next, which the standalone one would not replace.
    return startsNext.test(start) ? { strength: 'specific', reason } : null;
  }
  if (build !== undefined && /\bnext build\b/.test(build)) return { strength: 'specific', reason };
  return [...configs, ...sources].some((file) => has(file)) ? { strength: 'fallback', reason } : null;
}

/** Next leaves them to a CDN, but for a server on its own they must be beside it. */
function assets(project: DirectorySnapshot, distDir: string): OutputCopy[] {
  const { appDir } = readBuild(project, distDir);
  return ['public', posix.join(distDir, 'static')]
    .filter((folder) => project.has(folder))
    .map((folder) => ({ from: folder, to: posix.join(appDir, folder) }));
}

function noServer({ dir, manifest }: DirectorySnapshot, { entry, output }: NextBuild): ProjectRunnerError {
  const missing = `Build output not found at ${join(dir, entry)}`;
  const plugin = 'framework:next';
  if (output === 'export') {
    return new ProjectRunnerError(
      'OUTPUT_MISSING',
      `${missing}: next.config sets output: "export", so Next made a static site and no server`,
      { plugin, hint: `Set output: 'standalone' in next.config, or remove it` },
    );
  }
  if (manifest?.scripts.build === undefined) {
    const hint = 'Add "build": "next build" to the scripts of package.json';
    return new ProjectRunnerError('OUTPUT_MISSING', missing, { plugin, hint });
  }
  return new ProjectRunnerError('OUTPUT_MISSING', `${missing}: Next made no standalone server`, {
    plugin,
    hint:
      `Let the build script run \`next build\`, set output: 'standalone' in next.config, and where that sets distDir, ` +
      'give the same to next({ distDir }) of @project-runner/framework-next',
  });
}

import { posix } from 'node:path';

import type { DirectorySnapshot } from '@project-runner/core';

/** What `next build` says it made. */
export interface NextBuild {
  /** `output` of the config it was made with; `undefined` also where there is no build. */
  output?: string;
  /** The project's folder in the standalone output, relative to the project. */
  appDir: string;
  /** The server in it. */
  entry: string;
}

/**
 * Next mirrors the way from the root it found (of a workspace, or the highest lockfile) to the project in its standalone
 * output: `.next/standalone/apps/web/server.js`. It writes that way down.
 */
export function readBuild(project: DirectorySnapshot, distDir: string): NextBuild {
  const { config, relativeAppDir } = parse(project.read(posix.join(distDir, 'required-server-files.json')));
  const way = typeof relativeAppDir === 'string' ? relativeAppDir.replaceAll('\\', '/') : '';
  const appDir = posix.join(distDir, 'standalone', posix.join('/', way));
  const { output } = (typeof config === 'object' && config !== null ? config : {}) as { output?: unknown };
  return {
    ...(typeof output === 'string' ? { output } : {}),
    appDir: appDir.replace(/\/$/, ''),
    entry: posix.join(appDir, 'server.js'),
  };
}

function parse(text: string | undefined): { config?: unknown; relativeAppDir?: unknown } {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Not written by Next, so there is no build of it either, and the entry will be missed.
    return {};
  }
}

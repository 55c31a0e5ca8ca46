import { join } from 'node:path';

import type {
  DirectorySnapshot,
  FrameworkEvidence,
  FrameworkPlugin,
  NestedInstall,
  ReadyMessage,
} from '@project-runner/core';

const entry = '.mastra/output/index.mjs';
const cli = 'node_modules/mastra/dist/index.js';
/** How far up a workspace's root is looked for; a snapshot ends there in any case. */
const deepest = 16;
const sources = ['src/mastra/index.ts', 'src/mastra/index.js', 'mastra/index.ts', 'mastra/index.js'];

/** `mastra build` copies the lockfile beside its own package.json, writes settings of the manager, and installs (1.31). */
const nestedInstall: NestedInstall = {
  dir: '.mastra/output',
  adds: [
    'node_modules',
    'package-lock.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'yarn.lock',
    '.yarnrc.yml',
    '.yarn',
    '.pnp.cjs',
    '.pnp.loader.mjs',
    'bun.lock',
  ],
  skipEnv: { MASTRA_BUILD_SKIP_INSTALL: '1' },
};

export interface MastraOptions {
  /**
   * From SIGTERM to the end, in seconds: mastra drains requests for 5 s and shuts its core down within 10 more.
   * @default 16
   */
  drainSeconds?: number;
}

/** Mastra projects: built by `mastra build`, started from `.mastra/output/index.mjs`. */
export function mastra({ drainSeconds = 16 }: MastraOptions = {}): FrameworkPlugin {
  return {
    kind: 'framework',
    name: 'mastra',
    apiVersion: 1,
    drainSeconds,
    healthPath: '/health',
    detect,
    build: (project) => ({
      ...(project.manifest?.scripts.build === undefined ? withoutScript(project) : { script: 'build' }),
      env: { MASTRA_TELEMETRY_DISABLED: '1' },
      nestedInstall,
    }),
    output: () => entry,
    start: (release) => ({
      command: { file: 'node', args: [join(release.dir, entry)] },
      // Relative storage paths such as `file:./mastra.db` resolve against it and must survive the next release.
      cwd: 'data',
    }),
    env: ({ host, port }) => ({ PORT: String(port), MASTRA_HOST: host }),
    readyMessage,
  };
}

function detect({ manifest, has }: DirectorySnapshot): FrameworkEvidence | null {
  const dependencies = { ...manifest?.devDependencies, ...manifest?.dependencies };
  const dependency = ['mastra', '@mastra/core'].find((name) => Object.hasOwn(dependencies, name));
  if (!dependency) return null;
  // A library may depend on @mastra/core without being a Mastra server.
  const builds = Object.values(manifest?.scripts ?? {}).some((script) => /\bmastra build\b/.test(script));
  if (dependency === 'mastra' || builds || sources.some((file) => has(file)) || has(entry)) {
    return { strength: 'specific', reason: `dependency ${dependency}` };
  }
  return null;
}

/**
 * A project that has the CLI and no script for it is built all the same: an output that is there may be an old one. Where
 * the CLI was not installed, such an output is all there is.
 */
function withoutScript(project: DirectorySnapshot): { command?: { file: string; args: string[] } } {
  const dependencies = { ...project.manifest?.devDependencies, ...project.manifest?.dependencies };
  if (!Object.hasOwn(dependencies, 'mastra')) return {};
  const installed = findCli(project);
  if (installed === undefined && project.has(entry)) return {};
  return { command: { file: 'node', args: [installed ?? cli, 'build'] } };
}

/** In the project's own `node_modules`, or in that of a folder further up: a workspace hoists it to its root. */
function findCli(project: DirectorySnapshot): string | undefined {
  const places = Array.from({ length: deepest }, (_, level) => '../'.repeat(level) + cli);
  return places.find((place) => project.has(place));
}

/** Sent over IPC at the moment the server listens. */
function readyMessage(message: unknown): ReadyMessage | null {
  const { type, port } = (typeof message === 'object' && message !== null ? message : {}) as {
    type?: unknown;
    port?: unknown;
  };
  if (type !== 'server-ready') return null;
  return typeof port === 'number' ? { port } : {};
}

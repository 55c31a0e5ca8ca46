import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { DirectorySnapshot, FrameworkEvidence, FrameworkPlugin } from '@project-runner/core';

export interface NitroOptions {
  /** Path of the health probe. Without it `/health` is tried, and a server without that path is ready, too. */
  healthPath?: string;
  /** From SIGTERM to the end, in seconds: Nitro waits that long for open connections. @default 10 */
  drainSeconds?: number;
  /** The server's working folder: its release, or the deployment's data folder, which outlives releases. @default 'release' */
  cwd?: 'release' | 'data';
}

const entry = '.output/server/index.mjs';
/** Written by every build, whatever it is for. */
const report = '.output/nitro.json';
/** What makes a server that listens; the preset `node` makes a handler for one. */
const nodePresets = new Set(['node-server', 'node-cluster']);
const packages = ['nuxt', 'nitro', 'nitropack'];
const startsNitro =
  /\b(nuxt|nuxi|nitro|nitropack|vite) (start|preview|dev)\b|^node (\.\/)?\.output\/server(\/index(\.mjs)?)?$/;
const buildsNitro = /\b(nuxt|nuxi|nitro|nitropack|vite) (build|generate)\b/;
const configs = ['nuxt', 'nitro'].flatMap((name) =>
  ['ts', 'js', 'mjs'].map((ending) => `${name}.config.${ending}`),
);

/** Nitro projects, and Nuxt, which is one: built for Node, whatever platform their config names. */
export function nitro(options: NitroOptions = {}): FrameworkPlugin {
  const { healthPath, drainSeconds = 10, cwd = 'release' } = options;
  return {
    kind: 'framework',
    name: 'nitro',
    apiVersion: 1,
    drainSeconds,
    ...(healthPath === undefined ? {} : { healthPath }),
    detect,
    build: ({ manifest }) => ({
      ...(manifest?.scripts.build === undefined ? {} : { script: 'build' }),
      // It wins over `preset` of the config, but not over `--preset` of the build script.
      env: { NITRO_PRESET: 'node-server', NUXT_TELEMETRY_DISABLED: '1' },
    }),
    output(project) {
      const preset = builtPreset(project);
      if (project.has(entry) && (preset === undefined || nodePresets.has(preset))) return entry;
      throw noServer(project, preset);
    },
    start: (release) => ({
      command: {
        file: 'node',
        args: [join(release.dir, entry)],
        // Its own default of 30 s is longer than a stop may take.
        env: { NITRO_SHUTDOWN_TIMEOUT: String(drainSeconds * 1000) },
      },
      cwd,
    }),
    env: ({ host, port }) => ({
      PORT: String(port),
      HOST: host,
      NITRO_PORT: String(port),
      NITRO_HOST: host,
    }),
  };
}

function detect({ manifest, has }: DirectorySnapshot): FrameworkEvidence | null {
  const dependencies = { ...manifest?.devDependencies, ...manifest?.dependencies };
  const dependency = packages.find((name) => Object.hasOwn(dependencies, name));
  if (!manifest || !dependency) return null;
  const { start, build } = manifest.scripts;
  const reason = `dependency ${dependency}`;
  // Another start script is a server of the project's own, or has flags that only it knows.
  if (start !== undefined) return startsNitro.test(start) ? { strength: 'specific', reason } : null;
  if (build !== undefined && buildsNitro.test(build)) return { strength: 'specific', reason };
  return configs.some((file) => has(file)) ? { strength: 'fallback', reason } : null;
}

/** `undefined` also for a Nitro so old that it does not say. */
function builtPreset(project: DirectorySnapshot): string | undefined {
  try {
    const { preset } = JSON.parse(project.read(report) ?? '{}') as { preset?: unknown };
    return typeof preset === 'string' ? preset.replaceAll('_', '-') : undefined;
  } catch {
    // Not written by Nitro; the entry alone decides.
    return undefined;
  }
}

function noServer({ dir, manifest }: DirectorySnapshot, preset: string | undefined): ProjectRunnerError {
  const missing = `Build output not found at ${join(dir, entry)}`;
  const plugin = 'framework:nitro';
  if (preset !== undefined) {
    return new ProjectRunnerError(
      'OUTPUT_MISSING',
      `${missing}: it was built with the preset ${preset}, which makes no server for Node`,
      {
        plugin,
        hint:
          'Let the build script run `nuxt build` or `nitro build` without --preset and not `nuxt generate`, ' +
          'and leave NITRO_PRESET out of the variables of the build',
      },
    );
  }
  const hint =
    manifest?.scripts.build === undefined
      ? 'Add "build": "nuxt build" or "nitro build" to the scripts of package.json'
      : 'Let the build script run `nuxt build` or `nitro build`, and leave output.dir as it is';
  return new ProjectRunnerError('OUTPUT_MISSING', missing, { plugin, hint });
}

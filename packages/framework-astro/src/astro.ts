import { join, posix } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { DirectorySnapshot, FrameworkEvidence, FrameworkPlugin } from '@project-runner/core';

export interface AstroOptions {
  /** `outDir` of the project's astro.config. @default 'dist' */
  outDir?: string;
  /** Path of the health probe. Without it `/health` is tried, and a server without that path is ready, too. */
  healthPath?: string;
  /** From SIGTERM to the end, in seconds; Astro ends at once, unless the project catches the signal. @default 10 */
  drainSeconds?: number;
  /** The server's working folder: its release, or the deployment's data folder, which outlives releases. @default 'release' */
  cwd?: 'release' | 'data';
}

const adapter = '@astrojs/node';
const startsAstro = /\bastro (preview|dev|start)\b|^node (\.\/)?\S*\bserver\/entry(\.mjs)?$/;
const configs = ['mjs', 'js', 'ts', 'mts', 'cjs'].map((ending) => `astro.config.${ending}`);
/** How the adapter writes its mode into the server, from its first versions on. */
const middleware = /\bmode['"]?\s*[:=]\s*['"]middleware['"]/;
const toStandalone = `Set adapter: node({ mode: 'standalone' }) of ${adapter} in astro.config`;

/** Astro projects with the adapter `@astrojs/node` in standalone mode. */
export function astro(options: AstroOptions = {}): FrameworkPlugin {
  const { outDir = 'dist', healthPath, drainSeconds = 10, cwd = 'release' } = options;
  const entry = posix.join(outDir, 'server/entry.mjs');
  return {
    kind: 'framework',
    name: 'astro',
    apiVersion: 1,
    drainSeconds,
    ...(healthPath === undefined ? {} : { healthPath }),
    detect,
    build: ({ manifest }) => ({
      ...(manifest?.scripts.build === undefined ? {} : { script: 'build' }),
      env: { ASTRO_TELEMETRY_DISABLED: '1' },
    }),
    output(project) {
      const text = project.read(entry);
      if (text === undefined) throw noServer(project, entry, outDir);
      if (middleware.test(text)) throw onlyMiddleware(join(project.dir, entry));
      return entry;
    },
    start: (release) => ({ command: { file: 'node', args: [join(release.dir, entry)] }, cwd }),
    env: ({ host, port }) => ({ PORT: String(port), HOST: host }),
  };
}

function dependenciesOf({ manifest }: DirectorySnapshot): readonly string[] {
  return Object.keys({ ...manifest?.devDependencies, ...manifest?.dependencies });
}

function detect(project: DirectorySnapshot): FrameworkEvidence | null {
  const { manifest, has } = project;
  if (!manifest || !dependenciesOf(project).includes('astro')) return null;
  const { start, build } = manifest.scripts;
  const reason = 'dependency astro';
  // Another start script is a server of the project's own, or has flags that only it knows.
  if (start !== undefined) return startsAstro.test(start) ? { strength: 'specific', reason } : null;
  if (build !== undefined && /\bastro build\b/.test(build)) return { strength: 'specific', reason };
  return configs.some((file) => has(file)) ? { strength: 'fallback', reason } : null;
}

function noServer(project: DirectorySnapshot, entry: string, outDir: string): ProjectRunnerError {
  const missing = `Build output not found at ${join(project.dir, entry)}`;
  const failure = (message: string, hint: string): ProjectRunnerError =>
    new ProjectRunnerError('OUTPUT_MISSING', message, { plugin: 'framework:astro', hint });
  if (project.manifest?.scripts.build === undefined) {
    return failure(missing, 'Add "build": "astro build" to the scripts of package.json');
  }
  const found = dependenciesOf(project);
  if (!found.includes(adapter)) {
    const other = found.find((name) => /^@astrojs\/(vercel|netlify|cloudflare)$/.test(name));
    const instead = other
      ? `${other} builds for another platform`
      : 'without an adapter Astro makes a static site';
    return failure(
      `${missing}: ${instead} and no server for Node`,
      `Run \`astro add node\`. ${toStandalone}`,
    );
  }
  if (project.has(posix.join(outDir, 'index.html'))) {
    return failure(`${missing}: Astro made a static site and no server`, toStandalone);
  }
  const hint =
    'Let the build script run `astro build`, and where astro.config sets outDir, ' +
    'give the same to astro({ outDir }) of @project-runner/framework-astro';
  return failure(missing, hint);
}

function onlyMiddleware(path: string): ProjectRunnerError {
  return new ProjectRunnerError(
    'OUTPUT_MISSING',
    `Build output not found: ${path} is a middleware for a server and listens nowhere`,
    {
      plugin: 'framework:astro',
      hint: `${toStandalone}, or give package.json a start script that runs your own server`,
    },
  );
}

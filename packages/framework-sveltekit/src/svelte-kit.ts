import { join, posix } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { DirectorySnapshot, FrameworkEvidence, FrameworkPlugin } from '@project-runner/core';

export interface SvelteKitOptions {
  /** `out` of the project's adapter. @default 'build' */
  out?: string;
  /** `envPrefix` of the project's adapter, which stands before the variables that the server reads. @default '' */
  envPrefix?: string;
  /** Path of the health probe. Without it `/health` is tried, and a server without that path is ready, too. */
  healthPath?: string;
  /** From SIGTERM to the end, in seconds: the server waits that long for open connections. @default 10 */
  drainSeconds?: number;
  /** The server's working folder: its release, or the deployment's data folder, which outlives releases. @default 'release' */
  cwd?: 'release' | 'data';
}

const adapter = '@sveltejs/adapter-node';
const startsVite = /\b(vite|svelte-kit) (preview|dev)\b/;
const configs = ['svelte.config.js', 'svelte.config.ts', 'svelte.config.mjs', 'src/app.html'];

/** SvelteKit projects with the adapter `@sveltejs/adapter-node`. */
export function svelteKit(options: SvelteKitOptions = {}): FrameworkPlugin {
  const { out = 'build', envPrefix = '', healthPath, drainSeconds = 10, cwd = 'release' } = options;
  const entry = posix.join(out, 'index.js');
  return {
    kind: 'framework',
    name: 'sveltekit',
    apiVersion: 1,
    drainSeconds,
    ...(healthPath === undefined ? {} : { healthPath }),
    detect: (project) => detect(project, entry),
    build: ({ manifest }) => (manifest?.scripts.build === undefined ? {} : { script: 'build' }),
    output(project) {
      if (project.has(entry)) return entry;
      throw noServer(project, entry);
    },
    start: (release) => ({
      command: {
        file: 'node',
        args: [join(release.dir, entry)],
        // Its own default of 30 s is longer than a stop may take.
        env: { [`${envPrefix}SHUTDOWN_TIMEOUT`]: String(drainSeconds) },
      },
      cwd,
    }),
    env: ({ host, port }) => ({ [`${envPrefix}PORT`]: String(port), [`${envPrefix}HOST`]: host }),
  };
}

function dependenciesOf({ manifest }: DirectorySnapshot): readonly string[] {
  return Object.keys({ ...manifest?.devDependencies, ...manifest?.dependencies });
}

function detect(project: DirectorySnapshot, entry: string): FrameworkEvidence | null {
  const { manifest, has } = project;
  if (!manifest || !dependenciesOf(project).includes('@sveltejs/kit')) return null;
  const { start, build } = manifest.scripts;
  const reason = 'dependency @sveltejs/kit';
  if (start !== undefined) {
    // Another start script is a server of the project's own, or has flags that only it knows.
    return startsVite.test(start) || runsEntry(start, entry) ? { strength: 'specific', reason } : null;
  }
  if (build !== undefined && /\b(vite|svelte-kit) build\b/.test(build))
    return { strength: 'specific', reason };
  return configs.some((file) => has(file)) ? { strength: 'fallback', reason } : null;
}

/** `node build`, `node ./build/index.js` and the like, without flags. */
function runsEntry(script: string, entry: string): boolean {
  const path = /^\s*node\s+([^\s-]\S*)\s*$/.exec(script)?.[1];
  if (path === undefined) return false;
  const found = posix.join(path, '.').replace(/\/$/, '');
  return [entry, entry.replace(/\.js$/, ''), posix.dirname(entry)].includes(found);
}

function noServer(project: DirectorySnapshot, entry: string): ProjectRunnerError {
  const missing = `Build output not found at ${join(project.dir, entry)}`;
  const failure = (message: string, hint: string): ProjectRunnerError =>
    new ProjectRunnerError('OUTPUT_MISSING', message, { plugin: 'framework:sveltekit', hint });
  if (project.manifest?.scripts.build === undefined) {
    return failure(missing, 'Add "build": "vite build" to the scripts of package.json');
  }
  const found = dependenciesOf(project);
  const other = found.find((name) => /\badapter-/.test(name) && name !== adapter);
  if (!found.includes(adapter)) {
    return failure(
      `${missing}: ${other ?? 'SvelteKit without an adapter'} makes no server for Node`,
      `Add ${adapter} to devDependencies, and make it the adapter in svelte.config.js (SvelteKit 3: vite.config.js)`,
    );
  }
  return failure(
    missing,
    `Let the build script run \`vite build\` with ${adapter} as adapter${other ? ` instead of ${other}` : ''}, and ` +
      'where that sets out, give the same to svelteKit({ out }) of @project-runner/framework-sveltekit',
  );
}

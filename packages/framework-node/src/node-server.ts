import { join, posix } from 'node:path';

import type {
  DirectorySnapshot,
  FrameworkEvidence,
  FrameworkPlugin,
  ReadyMessage,
} from '@project-runner/core';

import { resolveEntry } from './resolve-entry.ts';
import { resolveScript } from './resolve-script.ts';
import type { ResolvedScript } from './resolve-script.ts';

export interface NodeServerOptions {
  /** Path of the health probe. Without it `/health` is tried, and where there is none, a port that accepts is enough. */
  healthPath?: string;
  /** The file to run, relative to the project. @default what the start script, `main` or `bin` say */
  entry?: string;
  /** @default 'start' */
  startScript?: string;
  /** From SIGTERM to the end, in seconds. @default 10 */
  drainSeconds?: number;
  /** The server's working folder: its release, or the deployment's data folder, which outlives releases. @default 'release' */
  cwd?: 'release' | 'data';
}

const usualEntries = ['server.js', 'server.mjs', 'index.js', 'index.mjs'];

/** Any Node server: what its start script runs, its `main`, `bin`, or `server.js`. */
export function nodeServer(options: NodeServerOptions = {}): FrameworkPlugin {
  const { healthPath, entry, startScript = 'start', drainSeconds = 10, cwd = 'release' } = options;

  const find = (project: DirectorySnapshot): ResolvedScript | null => {
    const script = entry === undefined ? project.manifest?.scripts[startScript] : undefined;
    if (script !== undefined) return resolveScript(project, script);
    const file = entryFile(project, entry);
    return file === null ? null : { flags: [], entry: file, args: [], env: {} };
  };

  return {
    kind: 'framework',
    name: 'node',
    apiVersion: 1,
    drainSeconds,
    ...(healthPath === undefined ? {} : { healthPath }),
    detect: (project) => detect(project, entry, startScript),
    build: ({ manifest }) => (manifest?.scripts.build === undefined ? {} : { script: 'build' }),
    output(project) {
      const found = find(project);
      if (found) return found.entry;
      // Only its wrapper understands the script, so there is no file to look for.
      if (entry === undefined && project.manifest?.scripts[startScript] !== undefined)
        return missingEntry(project, startScript);
      return entry ?? project.manifest?.main ?? usualEntries[0] ?? null;
    },
    start(release) {
      const found = find(release);
      if (!found)
        return { command: { file: 'node', args: ['--run', startScript] }, cwd: 'release', wrapped: true };
      // Absolute, since the working folder may be another one.
      const args = [...found.flags, join(release.dir, found.entry), ...found.args];
      return { command: { file: 'node', args, env: found.env }, cwd };
    },
    // Every name that servers are known to read; HOSTNAME is what Next and others bind.
    env: ({ host, port }) => ({ PORT: String(port), HOST: host, HOSTNAME: host }),
    readyMessage,
  };
}

function detect(
  project: DirectorySnapshot,
  entry: string | undefined,
  startScript: string,
): FrameworkEvidence | null {
  const { manifest } = project;
  if (!manifest) return null;
  const reason =
    (entry && 'option entry') ||
    scriptReason(manifest.scripts, startScript) ||
    (manifest.main && `main ${manifest.main}`) ||
    (manifest.bin && 'bin') ||
    usualEntries.find((file) => project.has(file));
  return reason ? { strength: 'fallback', reason } : null;
}

/** Scripts around the start script that npm would run are named, so that nobody waits for them in vain. */
function scriptReason(scripts: Readonly<Record<string, string>>, startScript: string): string | undefined {
  if (scripts[startScript] === undefined) return undefined;
  const around = [`pre${startScript}`, `post${startScript}`].filter((name) => scripts[name] !== undefined);
  const skipped = around.length === 0 ? '' : `; ${around.join(' and ')} will not run`;
  return `script ${startScript}${skipped}`;
}

function entryFile(project: DirectorySnapshot, entry: string | undefined): string | null {
  if (entry !== undefined) return resolveEntry(project, entry);
  const { main, bin } = project.manifest ?? {};
  const bins = typeof bin === 'string' ? [bin] : Object.values(bin ?? {});
  // Several bins are a toolbox, not a server.
  const candidates = [...(main ? [main] : []), ...(bins.length === 1 ? bins : []), ...usualEntries];
  for (const candidate of candidates) {
    const found = resolveEntry(project, candidate);
    if (found) return found;
  }
  return null;
}

/** `node dist/server.js` without that file is a build that did not do its work; name the file. */
function missingEntry(project: DirectorySnapshot, startScript: string): string | null {
  const script = project.manifest?.scripts[startScript] ?? '';
  const path = /^\s*node\s+([\w./-]+)\s*$/.exec(script)?.[1];
  return path === undefined || path.startsWith('-') ? null : posix.normalize(path);
}

/** What servers that were written for PM2 send (`'ready'`), and Mastra's form. */
function readyMessage(message: unknown): ReadyMessage | null {
  if (message === 'ready') return {};
  if (typeof message !== 'object' || message === null) return null;
  const { type, port } = message as { type?: unknown; port?: unknown };
  if (type !== 'ready' && type !== 'server-ready') return null;
  return typeof port === 'number' ? { port } : {};
}

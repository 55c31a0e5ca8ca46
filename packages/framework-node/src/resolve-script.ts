import type { DirectorySnapshot } from '@project-runner/core';

import { resolveEntry } from './resolve-entry.ts';
import { splitCommandLine } from './split-command-line.ts';

export interface ResolvedScript {
  /** Arguments of Node. */
  flags: readonly string[];
  /** The file that runs, relative to the project. */
  entry: string;
  /** Arguments of that file. */
  args: readonly string[];
  /** Variables in front of the command. */
  env: Readonly<Record<string, string>>;
}

type ResolvedCommand = Omit<ResolvedScript, 'env'>;

/** The runner says where a server listens; a `PORT=3000` in front of a script must not. */
const addressVariables = new Set(['PORT', 'HOST', 'HOSTNAME']);
/** Flags of Node that take their value as the next word. */
const flagsWithValue = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
]);

/**
 * The Node command behind a start script, so that Node runs the entry itself: npm, pnpm 10 and yarn 1 swallow SIGTERM
 * and orphan the server. `null` for a script that only a shell understands.
 */
export function resolveScript(project: DirectorySnapshot, script: string): ResolvedScript | null {
  const words = splitCommandLine(script);
  if (!words) return null;
  const env: Record<string, string> = {};
  if (words[0] === 'cross-env') words.shift();
  for (let match = assignment(words[0]); match; match = assignment(words[0])) {
    if (!addressVariables.has(match.name)) env[match.name] = match.value;
    words.shift();
  }
  const [program, ...rest] = words;
  if (program === undefined) return null;
  const resolved = program === 'node' ? resolveNode(project, rest) : resolveBin(project, program, rest);
  return resolved && { ...resolved, env };
}

function assignment(word: string | undefined): { name: string; value: string } | null {
  const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(word ?? '');
  return match ? { name: match[1] ?? '', value: match[2] ?? '' } : null;
}

function resolveNode(project: DirectorySnapshot, words: readonly string[]): ResolvedCommand | null {
  const flags: string[] = [];
  let at = 0;
  for (; words[at]?.startsWith('-'); at += 1) {
    const flag = words[at] ?? '';
    // `-e` and `-p` run text, `--run`, `--test` and `--watch` something other than one entry.
    if (/^(-e|-p|-i|--eval|--print|--run|--test|--watch)/.test(flag) || flag === '--') return null;
    flags.push(flag);
    if (flagsWithValue.has(flag)) flags.push(words[(at += 1)] ?? '');
  }
  const path = words[at];
  const entry = path === undefined ? null : resolveEntry(project, path);
  return entry === null ? null : { flags, entry, args: words.slice(at + 1) };
}

/** A bin of a dependency whose name it carries (`next start`, `tsx src/server.ts`): the JavaScript file behind it. */
function resolveBin(
  project: DirectorySnapshot,
  name: string,
  args: readonly string[],
): ResolvedCommand | null {
  if (!/^[\w.-]+$/.test(name)) return null;
  const bin = binOf(project, name);
  const text = bin === null ? undefined : project.read(bin);
  const isScript = text !== undefined && (/^#!.*\bnode\b/.test(text) || /\.[cm]?js$/.test(bin ?? ''));
  return isScript && bin !== null ? { flags: [], entry: bin, args } : null;
}

function binOf(project: DirectorySnapshot, name: string): string | null {
  const folder = `node_modules/${name}`;
  try {
    const { bin } = JSON.parse(project.read(`${folder}/package.json`) ?? '{}') as { bin?: unknown };
    const path = typeof bin === 'string' ? bin : (bin as Record<string, unknown> | undefined)?.[name];
    return typeof path === 'string' ? `${folder}/${path.replace(/^\.\//, '')}` : null;
  } catch {
    // A broken package.json of a dependency: the wrapper will show what Node says of it.
    return null;
  }
}

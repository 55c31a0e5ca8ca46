import type { DirectorySnapshot } from '@project-runner/core';

export interface DenoConfig {
  /** Patterns of members, as package.json would have them; `null` without a workspace. */
  workspace: readonly string[] | null;
}

/** What a deno.json says that matters to an install. One that cannot be read is Deno's to complain about. */
export function denoConfig(directory: DirectorySnapshot): DenoConfig {
  const text = directory.read('deno.json') ?? directory.read('deno.jsonc');
  const { workspace } = parse(text ?? '{}');
  const members = Array.isArray(workspace)
    ? workspace
    : (workspace as { members?: unknown } | undefined)?.members;
  if (!Array.isArray(members)) return { workspace: null };
  const patterns = members.filter((member) => typeof member === 'string');
  return { workspace: patterns.map((pattern) => pattern.replace(/^\.\//, '').replace(/\/$/, '')) };
}

function parse(text: string): { workspace?: unknown } {
  try {
    const value: unknown = JSON.parse(withoutComments(text));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Not JSON, not even with comments.
    return {};
  }
}

/** Comments and trailing commas go; what looks like one inside of a text stays. */
function withoutComments(text: string): string {
  const kept = text.replace(
    /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g,
    (_, quoted?: string) => quoted ?? '',
  );
  return kept.replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, quoted?: string) => quoted ?? '');
}

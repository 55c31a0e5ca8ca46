import { createRequire } from 'node:module';
import type { parse } from 'yaml';

// Only workspaces need it: loaded, it costs a runner 8 MB.
const load = createRequire(import.meta.url);

/** The member patterns in the text of a `pnpm-workspace.yaml`; none where it has none or does not parse. */
export function readPackages(text: string): string[] {
  let value: unknown;
  try {
    value = (load('yaml') as { parse: typeof parse }).parse(text);
  } catch {
    // pnpm itself will say what is wrong with the file; as evidence it is worth nothing.
    return [];
  }
  const packages = (value as { packages?: unknown } | null)?.packages;
  return Array.isArray(packages) ? packages.filter((item) => typeof item === 'string') : [];
}

import { parse } from 'yaml';

/** The member patterns in the text of a `pnpm-workspace.yaml`; none where it has none or does not parse. */
export function readPackages(text: string): string[] {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    // pnpm itself will say what is wrong with the file; as evidence it is worth nothing.
    return [];
  }
  const packages = (value as { packages?: unknown } | null)?.packages;
  return Array.isArray(packages) ? packages.filter((item) => typeof item === 'string') : [];
}

export function manifestProblems(folder: string, manifest: Record<string, unknown>): string[];
export function compatibilityRow(
  folder: string,
  manifest: Record<string, unknown>,
  oldestTypeScript: string,
): string | null;

export function manifestProblems(folder: string, manifest: Record<string, unknown>): string[];

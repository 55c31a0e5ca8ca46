export function tarballProblems(files: readonly string[], manifest: string): string[];

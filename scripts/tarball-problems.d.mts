export function tarballProblems(
  files: readonly string[],
  manifest: string,
  more?: readonly string[],
): string[];

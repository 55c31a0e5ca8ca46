export function anchorProblems(site: string): string[];

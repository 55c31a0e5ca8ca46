import type { Snippet } from './snippets.mjs';

export function compileSnippets(snippets: readonly Snippet[], dir: string): string[];

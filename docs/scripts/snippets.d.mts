export interface Snippet {
  document: string;
  /** Of the first line of code. */
  line: number;
  language: 'ts' | 'sh';
  name: string | undefined;
  code: string;
  given: string;
  file: { name: string; code: string } | undefined;
  runs: boolean;
}

export const root: string;
export function snippets(): Snippet[];
export function snippetsOf(text: string, document: string): Snippet[];

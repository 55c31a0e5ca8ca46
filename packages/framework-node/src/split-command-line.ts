/**
 * Splits a simple command line into words as `sh` would: quotes and backslashes, nothing else. `null` where it holds
 * anything that only a shell can do (operators, expansion, globs, redirections).
 */
export function splitCommandLine(line: string): string[] | null {
  const words: string[] = [];
  // One piece of a word: 'single', "double" without expansion, a backslash escape, or plain characters.
  const piece = /'([^']*)'|"((?:[^"\\$`]|\\["\\$`])*)"|\\(.)|([^\s'"\\|&;<>()$`*?[\]{}#~!\n]+)/y;
  let at = 0;
  let word: string | null = null;
  while (at < line.length) {
    const space = /\s/.test(line[at] ?? '');
    if (space) {
      if (line[at] === '\n') return null;
      if (word !== null) words.push(word);
      word = null;
      at += 1;
      continue;
    }
    piece.lastIndex = at;
    const match = piece.exec(line);
    if (!match) return null;
    const [whole, single, double, escaped, plain] = match;
    word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '');
    at += whole.length;
  }
  if (word !== null) words.push(word);
  return words;
}

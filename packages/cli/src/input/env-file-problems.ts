export interface EnvFileProblem {
  /** Counted from 1. */
  line: number;
  /** Never part of a value: values may be secrets. */
  problem: string;
}

export const variableName: RegExp = /^[A-Za-z_][\w.-]*$/;

/** The lines of which Node's parser makes nothing, or something that was hardly meant; it says nothing itself. */
export function findEnvFileProblems(text: string): EnvFileProblem[] {
  const lines = text.split(/\r\n|\n|\r/);
  const problems: EnvFileProblem[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]?.trim() ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const problem = nameProblem(line);
    if (problem) problems.push({ line: index + 1, problem });
    const end = endOfValue(lines, index);
    if (end === null) problems.push({ line: index + 1, problem: 'the quote is not closed' });
    else index = end;
  }
  return problems;
}

function nameProblem(line: string): string | undefined {
  const equals = line.indexOf('=');
  if (equals === -1) return 'expected NAME=VALUE; the line is left out';
  const name = line.slice(0, equals).replace(/^export\s+/, '');
  if (variableName.test(name.trim())) return undefined;
  return 'a name starts with a letter or "_", then letters, digits, "_", "." and "-"; the line is left out';
}

/** The line on which a value ends, for quotes that reach over several; `null` where the quote is never closed. */
function endOfValue(lines: readonly string[], start: number): number | null {
  const value = /=\s*(.*)$/.exec(lines[start] ?? '')?.[1] ?? '';
  const quote = value[0] ?? '';
  if (!['"', "'", '`'].includes(quote) || quote === '') return start;
  if (value.indexOf(quote, 1) !== -1) return start;
  const end = lines.findIndex((line, index) => index > start && line.includes(quote));
  return end === -1 ? null : end;
}

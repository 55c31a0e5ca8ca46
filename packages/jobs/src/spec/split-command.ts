import { split } from 'shlex';

/**
 * The words of a command, by the quoting rules of a POSIX shell. No shell is at work, so `$HOME`, `*` and `|` are only
 * characters.
 * @throws Error that says what is wrong with the quoting
 */
export function splitCommand(command: string): string[] {
  try {
    return split(command);
  } catch (error) {
    const isQuote = error instanceof Error && error.message.includes('quot');
    throw new Error(isQuote ? 'a quote is never closed' : 'it ends with a backslash', { cause: error });
  }
}

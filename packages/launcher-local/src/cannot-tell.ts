/**
 * Whether an error is about this process, which may not open files right now, and says nothing of the file that was asked
 * for: a process whose file cannot be opened for that is not gone.
 */
export function cannotTell(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOMEM'].includes((error as NodeJS.ErrnoException).code ?? '');
}

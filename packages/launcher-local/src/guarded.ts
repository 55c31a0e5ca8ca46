/**
 * Calls a callback of the caller's. One that throws or rejects is its owner's bug: shown as a warning of the process,
 * because an exception here would hit the wrong one, the server.
 */
export function guarded(call: () => void | Promise<void>): Promise<void> | null {
  try {
    const result = call();
    // An arrow function may answer anything.
    return typeof result?.then === 'function' ? Promise.resolve(result).catch(warn) : null;
  } catch (error) {
    warn(error);
    return null;
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

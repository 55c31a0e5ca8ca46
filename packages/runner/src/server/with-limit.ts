/**
 * Calls with a signal that aborts with another one, or after `ms`. Not `AbortSignal.any`: Node 24 keeps for ever what a
 * plugin builds on one and gives to a request.
 */
export async function withLimit<T>(
  signal: AbortSignal,
  ms: number,
  use: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const end = (): void => limit.abort(signal.reason);
  const timer = setTimeout(() => limit.abort(new DOMException(`within ${ms} ms`, 'TimeoutError')), ms);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  try {
    return await use(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

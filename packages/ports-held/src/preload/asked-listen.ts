/** What a call of `server.listen` asks for. */
export interface AskedListen {
  port: number;
  signal: AbortSignal | undefined;
  callback: unknown[];
}

interface ListenOptions {
  port?: unknown;
  path?: unknown;
  fd?: unknown;
  handle?: unknown;
  _handle?: unknown;
  signal?: AbortSignal;
}

/** `null` where no port is asked for: a path, a descriptor or a handle. */
export function askedListen(args: readonly unknown[]): AskedListen | null {
  const [first] = args;
  const callback = args.filter((argument) => typeof argument === 'function').slice(0, 1);
  if (typeof first !== 'object' || first === null) {
    return isPort(first) ? { port: Number(first), signal: undefined, callback } : null;
  }
  const { port, path, fd, handle, _handle, signal } = first as ListenOptions;
  const isElsewhere = [path, fd, handle, _handle].some((other) => other !== undefined && other !== null);
  return isPort(port) && !isElsewhere ? { port: Number(port), signal, callback } : null;
}

/** As Node does, digits in a string count; `/3000` is a path. */
function isPort(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^\s*\d+\s*$/.test(value));
}

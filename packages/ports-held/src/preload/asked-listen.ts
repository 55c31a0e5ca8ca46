/** What a call of `server.listen` asks for. */
export interface AskedListen {
  port: number;
  signal: AbortSignal | undefined;
  /** Of its arguments those that say no more about the address: backlog and callback. */
  rest: unknown[];
}

interface ListenOptions {
  port?: unknown;
  path?: unknown;
  fd?: unknown;
  handle?: unknown;
  _handle?: unknown;
  backlog?: unknown;
  signal?: AbortSignal;
}

/** `null` where no port is asked for: a path, a descriptor or a handle. */
export function askedListen(args: readonly unknown[]): AskedListen | null {
  const [first] = args;
  const callback = args.findLast((argument) => typeof argument === 'function');
  const rest = (backlog: unknown): unknown[] => [
    ...(typeof backlog === 'number' ? [backlog] : []),
    ...(callback ? [callback] : []),
  ];
  if (typeof first === 'object' && first !== null) {
    const { port, path, fd, handle, _handle, backlog, signal } = first as ListenOptions;
    if ([path, fd, handle, _handle].some((other) => other !== undefined && other !== null)) return null;
    return isPort(port) ? { port: Number(port), signal, rest: rest(backlog) } : null;
  }
  if (!isPort(first)) return null;
  return { port: Number(first), signal: undefined, rest: rest(args.slice(1).find(isBacklog)) };
}

/** As Node does, digits in a string count; `/3000` is a path. */
function isPort(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^\s*\d+\s*$/.test(value));
}

function isBacklog(value: unknown): boolean {
  return typeof value === 'number';
}

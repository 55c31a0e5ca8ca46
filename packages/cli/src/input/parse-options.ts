import { InvalidArgumentError } from 'commander';

/** `--port`: a whole number that a socket takes. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('Expected a whole number from 1 to 65535.');
  }
  return port;
}

/** A time in seconds, answered in ms. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  // Node's timers take no more than 2 ** 31 - 1 ms.
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0 || seconds > 2_147_483) {
    throw new InvalidArgumentError('Expected a number of seconds above 0, such as 30.');
  }
  return Math.ceil(seconds * 1000);
}

export function parseRequestPath(text: string, earlier: readonly string[] = []): string[] {
  if (!text.startsWith('/')) throw new InvalidArgumentError('Expected a path that starts with "/".');
  return [...earlier, text];
}

/** For options that may be given more than once. */
export function collect(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text];
}

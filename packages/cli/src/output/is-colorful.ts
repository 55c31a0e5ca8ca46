import type { CliIo } from '../cli-io.ts';

/** https://no-color.org: any value but the empty one. */
export function isColorful(stream: CliIo['stdout'], env: CliIo['env']): boolean {
  return 'isTTY' in stream && stream.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
}

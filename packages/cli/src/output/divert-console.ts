import { Console } from 'node:console';

/**
 * Sends `console.log` and its kin to stderr: what a configuration or a plugin prints must not come between the lines of
 * `--json`, nor into what a script reads from stdout. Answers the way back.
 */
export function divertConsole(stderr: NodeJS.WritableStream): () => void {
  const diverted = new Console({ stdout: stderr, stderr });
  const own = { ...console };
  Object.assign(console, diverted);
  return () => void Object.assign(console, own);
}

import { ProjectRunnerError } from '@project-runner/core';
import type { ProcessHandle, ServerLimits } from '@project-runner/core';

import type { NotReady } from './await-ready.ts';
import { whyItEnded } from './limits.ts';

/** A flood of a log must not become the message. */
const maxShownBytes = 16 * 1024;

/** Throws why a start failed, unless another port may help. @param ports of its lease, first the one that it serves on */
export function giveUp(
  outcome: NotReady,
  handle: ProcessHandle,
  { ports, limits }: { ports: readonly number[]; limits: Readonly<ServerLimits> | undefined },
  lines: readonly string[],
): { taken: number; lines: readonly string[] } {
  const taken =
    outcome.reason === 'exited'
      ? ports.find((port) => lines.some((line) => saysTaken(line, port)))
      : outcome.reason === 'stranger' && ports[0];
  if (typeof taken === 'number') return { taken, lines };
  if (outcome.reason === 'error') {
    const { code, message, hint, cause } = outcome.error;
    throw new ProjectRunnerError(code, withLines(message, lines), {
      ...(hint ? { hint } : {}),
      ...(cause === undefined ? {} : { cause }),
    });
  }
  const { reason } = whyItEnded(handle.exit() ?? { code: null, signal: null }, handle, limits);
  throw new ProjectRunnerError(
    'SERVER_EXITED',
    withLines(`The server exited before it was ready: ${reason}`, lines),
  );
}

export function portTaken(taken: readonly number[], lines: readonly string[]): ProjectRunnerError {
  return new ProjectRunnerError(
    'PORT_UNAVAILABLE',
    withLines(`Port ${taken.join(', ')} was taken by another process before the server could listen`, lines),
    { hint: 'Stop the other process, or let the runner choose from another portRange' },
  );
}

/** A server may find a port taken that is not of its lease; no other lease would help it. */
function saysTaken(line: string, port: number): boolean {
  return line.includes('EADDRINUSE') && new RegExp(`(?:^|\\D)${port}(?:\\D|$)`).test(line);
}

function withLines(message: string, lines: readonly string[]): string {
  const shown: string[] = [];
  let bytes = 0;
  for (const line of lines.toReversed()) {
    const text = line.length > 2000 ? `${line.slice(0, 2000)}…` : line;
    bytes += text.length;
    if (bytes > maxShownBytes) break;
    shown.unshift(`  ${text}`);
  }
  return shown.length === 0 ? message : `${message}. Its last lines:\n${shown.join('\n')}`;
}

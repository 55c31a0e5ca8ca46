import type { LogBatch, LogSession } from '@project-runner/core';

export const session: LogSession = {
  serverId: '11111111-1111-4111-8111-111111111111',
  deploymentId: '22222222-2222-4222-8222-222222222222',
  projectId: '33333333-3333-4333-8333-333333333333',
  buildId: '44444444-4444-4444-8444-444444444444',
};

/** Lines as a runner hands them over. */
export function batch(
  sequence: number,
  lines: readonly (string | Uint8Array)[],
  more: Partial<LogBatch> = {},
): LogBatch {
  const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
  return {
    stream: 'stdout',
    time: new Date('2026-01-23T12:00:00.123Z'),
    sequence,
    count: lines.length,
    bytes,
    lines: () =>
      bytes
        .toString()
        .split('\n')
        .slice(0, -1)
        .map((text) => ({ text })),
    ...more,
  };
}

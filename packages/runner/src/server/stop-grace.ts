import type { ResolvedConfig } from '../config.ts';

/** A Mastra server may take 15 s from SIGTERM to its end. */
const defaultGraceMs = 16_000;
/** Everything is to be over within 30 s, the sweep after SIGKILL included. */
const maxGraceMs = 28_000;

/** From SIGTERM to SIGKILL, in ms, for a framework that wants so long to drain. */
export function stopGrace(
  { stopGraceMs }: Pick<ResolvedConfig, 'stopGraceMs'>,
  drainSeconds: number,
): number {
  return Math.min(stopGraceMs ?? Math.max(defaultGraceMs, drainSeconds * 1000), maxGraceMs);
}

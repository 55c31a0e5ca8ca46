import { existsSync } from 'node:fs';

import { callPlugin, pluginKey } from '@project-runner/core';
import type { HealthProbePlugin, ProbeResult, ProbeTarget } from '@project-runner/core';

import { withinMs } from '../within.ts';

/**
 * Looks at a server that has become ready once with every probe; the first complaint is the answer. A probe that does not
 * answer is one.
 */
export async function probeServer(
  target: ProbeTarget,
  probes: readonly HealthProbePlugin[],
  timeoutMs: number,
): Promise<ProbeResult> {
  const signal = AbortSignal.timeout(timeoutMs);
  const reached = reachable(target);
  const results = await Promise.all(probes.map((probe) => askInTime(probe, reached, signal, timeoutMs)));
  const complaint = firstComplaint(probes, results);
  return complaint === null ? { healthy: true } : { healthy: false, message: complaint.message };
}

export interface Complaint {
  probe: HealthProbePlugin;
  message: string;
}

/** What the first probe that is not content says, and which one it is where there are several; `null` for none. */
export function firstComplaint(
  probes: readonly HealthProbePlugin[],
  results: readonly ProbeAnswer[],
): Complaint | null {
  const index = results.findIndex(({ healthy }) => !healthy);
  const [probe, result] = [probes[index], results[index]];
  if (!probe || !result) return null;
  const message = result.message ?? 'the probe says unhealthy';
  return {
    probe,
    message: probes.length === 1 || result.isNone ? message : `[${pluginKey(probe)}] ${message}`,
  };
}

export interface ProbeAnswer extends ProbeResult {
  /** The probe gave none, and did not heed its signal either. */
  isNone?: true;
}

/** Asks one probe, whose signal aborts after `timeoutMs`. @throws as `askProbe` does */
export function askInTime(
  probe: HealthProbePlugin,
  target: ProbeTarget,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  return withinMs<ProbeAnswer>(
    askProbe(probe, target, signal),
    // The probe's own answer to the signal is the better one.
    timeoutMs + 250,
    () => ({ healthy: false, message: notInTime(probe, timeoutMs), isNone: true }),
  );
}

/** Names the probe even where there is only one: it may be the one at fault. */
export function notInTime(probe: HealthProbePlugin, ms: number): string {
  return `[${pluginKey(probe)}] did not answer within ${Math.round(ms)} ms`;
}

/**
 * The file of a socket may have been cleaned away, or be in a `/tmp` that is not that of this process: nothing can be said of
 * the server by that, and its port is there to be asked.
 */
function reachable({ socketPath, ...target }: ProbeTarget): ProbeTarget {
  return socketPath === undefined || !existsSync(socketPath) ? target : { ...target, socketPath };
}

/** @throws ProjectRunnerError `PLUGIN_FAILED`, also for an answer that is none */
function askProbe(probe: HealthProbePlugin, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  return callPlugin(probe, 'check', async () => {
    const result = (await probe.check(target, signal)) as Partial<ProbeResult> | undefined;
    if (typeof result?.healthy === 'boolean') return result as ProbeResult;
    throw new TypeError(`expected { healthy: true | false }, found ${JSON.stringify(result)}`);
  });
}

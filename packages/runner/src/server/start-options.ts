import type { PortLease } from '@project-runner/core';

import { untilAborted } from '../within.ts';
import type { KeptState } from './kept-state.ts';
import type { StartServerOptions } from './start-server.ts';
import type { SupervisorOptions } from './supervisor-options.ts';

/** What the next start of a server takes. */
export function startOptions(
  kept: KeptState,
  { context, env, logs, replan }: SupervisorOptions,
  lease: PortLease | null,
  signal: AbortSignal,
): StartServerOptions {
  const { launch, server, session, run } = kept.stored;
  return {
    serverId: server.id,
    deploymentId: server.deploymentId,
    projectId: session.projectId,
    plugins: context.plugins,
    framework: context.frameworkOf(launch.framework),
    launch,
    env: env ?? {},
    timing: context.timing,
    logs,
    lease,
    signal,
    nextRun: (leased) => kept.beginRun(leased),
    standby: kept.stored.servesAt === null,
    socketsDir: context.durable ? context.store.socketsDir : undefined,
    onSpawned: ({ ref }, probeSocket) => kept.spawned(ref, probeSocket),
    onEnded: (exit, wanted) => kept.exited(exit, wanted),
    // The first one was made when it was deployed.
    ...(replan && run > 0
      ? {
          async replan() {
            const plan = await untilAborted(replan(), signal);
            kept.planned(plan);
            return plan;
          },
        }
      : {}),
  };
}

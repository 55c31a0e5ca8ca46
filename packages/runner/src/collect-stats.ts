import { callPlugin } from '@project-runner/core';
import type { PluginSet, RunnerStats } from '@project-runner/core';

import type { ProjectBuilder } from './build/project-builder.ts';
import type { ServerLogs } from './server/server-logs.ts';
import type { Supervision } from './server/supervision.ts';

export interface StatsSources {
  plugins: PluginSet;
  servers: Supervision;
  logs: ServerLogs;
  builder: ProjectBuilder;
}

export function collectStats({ plugins, servers, logs, builder }: StatsSources): RunnerStats {
  const strategy = plugins.one('port-strategy');
  const ports = callPlugin(strategy, 'stats', () => strategy.stats?.());
  return {
    runningProcesses: servers.runningCount(),
    allocatedPorts: [...(ports?.allocated ?? servers.ports())],
    availablePorts: ports?.available ?? 0,
    lostLogLines: logs.lost(),
    queuedBuilds: builder.queued(),
  };
}

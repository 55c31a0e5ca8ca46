// A runner in a process of its own, to be killed: `runner-process.ts <config as JSON>`, driven over IPC by `spawnRunner`.
import { LocalProcessRunner } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';
import { logsFile } from '@project-runner/logs-file';
import { portsHeld } from '@project-runner/ports-held';

import { fileRouter } from './file-router.ts';
import { localSource } from './records.ts';

export interface RunnerProcessConfig extends RunnerConfig {
  /** Size of a log segment, to see many of them. */
  segmentBytes?: number;
  /** Keeps routes in this file. Each change is an event `routed`; the one of this number, from 1, is never answered. */
  routes?: { file: string; hangs?: number };
  /** Holds the sockets of its servers, on ports of this range. */
  held?: { start: number; end: number; leaseDir: string };
}

interface Call {
  id: number;
  method: string;
  args: unknown[];
}

const { segmentBytes, routes, held, ...config } = JSON.parse(process.argv[2] ?? '{}') as RunnerProcessConfig;
const say = (message: object): void => void process.send?.(message);
const note =
  (level: string) =>
  (message: string, data?: unknown): void =>
    say({ log: `${level} ${message} ${data instanceof Error ? data.message : ''}` });
const runner = new LocalProcessRunner({
  ...config,
  plugins: [
    segmentBytes !== undefined &&
      logsFile({ dir: `${config.stateDir}/logs`, maxBytes: segmentBytes, maxFiles: 10_000 }),
    held && portsHeld(held),
  ],
  logger: { debug() {}, info: note('info'), warn: note('warn'), error: note('error') },
});
runner.setSource(localSource);
if (routes) {
  let changes = 0;
  const onChange = (): Promise<void> => {
    changes += 1;
    say({ event: 'routed', data: changes });
    return changes === routes.hangs ? new Promise(() => undefined) : Promise.resolve();
  };
  runner.setRouter(fileRouter(routes.file, onChange));
}
const told = [
  'spawned',
  'ready',
  'exited',
  'restarting',
  'crashed',
  'settled',
  'adopted',
  'build-stage',
] as const;
for (const name of told) runner.on(name, (event) => say({ event: name, data: event }));
process.on('message', ({ id, method, args }: Call) => {
  const target = runner as unknown as Record<string, (...args: unknown[]) => unknown>;
  void (async () => {
    try {
      say({ id, result: await target[method]?.(...args) });
    } catch (error) {
      const { message, code } = error as Error & { code?: string };
      say({ id, error: { message, code } });
    }
  })();
});
say({ event: 'started' });

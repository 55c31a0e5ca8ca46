// A runner in a process of its own, to be killed: `runner-process.ts <config as JSON>`, driven over IPC by `spawnRunner`.
import { LocalProcessRunner } from '@project-runner/runner';
import type { RunnerConfig } from '@project-runner/runner';
import { logsFile } from '@project-runner/logs-file';

import { localSource } from './records.ts';

export interface RunnerProcessConfig extends RunnerConfig {
  /** Size of a log segment, to see many of them. */
  segmentBytes?: number;
}

interface Call {
  id: number;
  method: string;
  args: unknown[];
}

const { segmentBytes, ...config } = JSON.parse(process.argv[2] ?? '{}') as RunnerProcessConfig;
const say = (message: object): void => void process.send?.(message);
const note =
  (level: string) =>
  (message: string, data?: unknown): void =>
    say({ log: `${level} ${message} ${data instanceof Error ? data.message : ''}` });
const runner = new LocalProcessRunner({
  ...config,
  ...(segmentBytes === undefined
    ? {}
    : { plugins: [logsFile({ dir: `${config.stateDir}/logs`, maxBytes: segmentBytes, maxFiles: 10_000 })] }),
  logger: { debug() {}, info: note('info'), warn: note('warn'), error: note('error') },
});
runner.setSource(localSource);
for (const name of ['spawned', 'ready', 'exited', 'restarting', 'crashed', 'settled', 'adopted'] as const) {
  runner.on(name, (event) => say({ event: name, data: event }));
}
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

import {
  memoryDirectory,
  testFramework,
  testHealthProbe,
  testLauncher,
  testLogSink,
  testPackageManager,
  testPortStrategy,
} from '@project-runner/conformance';
import { nodeServer } from '@project-runner/framework-node';
import { healthHttp } from '@project-runner/health-http';
import { launcherLocal } from '@project-runner/launcher-local';
import { logsFile } from '@project-runner/logs-file';
import { npm } from '@project-runner/pm-npm';
import { portsRange } from '@project-runner/ports-range';

type It = Parameters<typeof testHealthProbe>[0];

const logs = (): ReturnType<typeof logsFile> => logsFile({ dir: '.' });
const none = (): Promise<never> => Promise.reject(new Error('No check is run'));

/** Takes the names of the checks and runs none. */
function namesOf(suite: (it: It) => void): readonly string[] {
  const names: string[] = [];
  suite((name) => void names.push(name));
  return names;
}

/** Names that several declarations have in common, once. */
function merged(names: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(names.flat())];
}

/** The checks of each suite, with everything declared that a plugin can declare. */
export const hookChecks: Readonly<Record<string, readonly string[]>> = {
  'package-manager': namesOf((it) =>
    testPackageManager(it, { create: npm, lockfile: { file: 'package-lock.json', text: '{}' } }),
  ),
  'health-probe': merged([
    namesOf((it) => testHealthProbe(it, { create: healthHttp, http: true })),
    // Declared by probes that speak something else.
    namesOf((it) =>
      testHealthProbe(it, {
        create: healthHttp,
        http: false,
        sockets: false,
        servers: { well: none, unwell: none },
      }),
    ),
  ]),
  'log-sink': namesOf((it) =>
    testLogSink(it, { create: logs, read: true, unwritable: logs, received: () => [] }),
  ),
  'port-strategy': merged(
    [true, false].map((holds) => namesOf((it) => testPortStrategy(it, { create: portsRange, holds }))),
  ),
  framework: namesOf((it) =>
    testFramework(it, { create: nodeServer, project: memoryDirectory(), noServer: memoryDirectory() }),
  ),
  launcher: merged([
    namesOf((it) => testLauncher(it, { create: launcherLocal, durable: true })),
    // Declared where a platform does not let it.
    namesOf((it) => testLauncher(it, { create: launcherLocal, durable: false, wholeTree: false })),
  ]),
};

import { join } from 'node:path';

import { portsHeld } from '@project-runner/ports-held';
import type { PortsHeldOptions } from '@project-runner/ports-held';
import type { RunnerConfig } from '@project-runner/runner';

import { tempFolder } from './temp-folder.ts';
import { testRunner } from './test-runner.ts';
import type { TestRunner } from './test-runner.ts';

/** A test runner that holds the sockets of its servers. */
export function heldRunner(config: RunnerConfig = {}, options: PortsHeldOptions = {}): TestRunner {
  const plugins = [
    portsHeld({ start: 26_400, end: 26_449, leaseDir: join(tempFolder(), 'ports'), ...options }),
    config.plugins,
  ];
  return testRunner({ stopGraceMs: 12_000, ...config, plugins });
}

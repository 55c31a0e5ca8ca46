import { testLauncher } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { launcherLocal } from './index.ts';

describe('conformance', () => {
  // Without `sh` a process ends with its runner.
  testLauncher(it, { create: launcherLocal, durable: process.platform !== 'win32' });
});

import { testLauncher } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { sampleLauncher } from './sample-launcher.ts';

describe('conformance', () => {
  // Windows has no files that outlive the runner.
  testLauncher(it, { create: sampleLauncher, durable: process.platform !== 'win32' });
});

import { testLauncher } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { launcherLocal } from './index.ts';

describe('conformance', () => {
  testLauncher(it, { create: launcherLocal });
});

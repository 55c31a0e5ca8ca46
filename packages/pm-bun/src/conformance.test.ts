import { testPackageManager } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { bun } from './index.ts';

describe('conformance', () => {
  testPackageManager(it, { create: bun, lockfile: { file: 'bun.lock', text: '{}' } });
});

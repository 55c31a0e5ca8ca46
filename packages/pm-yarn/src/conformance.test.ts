import { testPackageManager } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { yarn } from './index.ts';

describe('conformance', () => {
  testPackageManager(it, { create: yarn, lockfile: { file: 'yarn.lock', text: '# yarn lockfile v1' } });
});

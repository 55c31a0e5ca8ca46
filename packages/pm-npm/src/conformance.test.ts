import { testPackageManager } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { npm } from './index.ts';

describe('conformance', () => {
  testPackageManager(it, { create: npm, lockfile: { file: 'package-lock.json', text: '{}' } });
});

import { testPackageManager } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { pnpm } from './index.ts';

describe('conformance', () => {
  testPackageManager(it, { create: pnpm, lockfile: { file: 'pnpm-lock.yaml', text: '' } });
});

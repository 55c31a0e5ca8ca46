import { memoryDirectory, testPackageManager } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { sampleManager } from './sample-manager.ts';

describe('conformance', () => {
  testPackageManager(it, { create: sampleManager, lockfile: { file: 'sample.lock', text: '' } });
});

it('is not found where another manager has its lockfile', () => {
  expect(sampleManager().detect(memoryDirectory({ 'package-lock.json': '{}' }))).toBeNull();
});

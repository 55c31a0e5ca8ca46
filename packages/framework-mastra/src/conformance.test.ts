import { memoryDirectory, testFramework } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { mastra } from './index.ts';

describe('conformance', () => {
  testFramework(it, {
    create: mastra,
    project: memoryDirectory(
      { '.mastra/output/index.mjs': '' },
      { manifest: { scripts: { build: 'mastra build' }, devDependencies: { mastra: '1.0.0' } } },
    ),
    // It says where the entry is; the runner looks whether it is there.
    noServer: null,
  });
});

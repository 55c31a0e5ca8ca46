import { memoryDirectory, testFramework } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { nodeServer } from './index.ts';

describe('conformance', () => {
  testFramework(it, {
    create: nodeServer,
    project: memoryDirectory({ 'server.js': '' }, { manifest: { scripts: { start: 'node server.js' } } }),
    noServer: null,
  });
});

import { memoryDirectory, testFramework } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { astro } from './index.ts';

const manifest = { scripts: { build: 'astro build' }, dependencies: { astro: '7.0.0' } };

describe('conformance', () => {
  testFramework(it, {
    create: astro,
    project: memoryDirectory({ 'dist/server/entry.mjs': 'var mode = "standalone";' }, { manifest }),
    noServer: memoryDirectory({}, { manifest }),
  });
});

import { memoryDirectory, testFramework } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { next } from './index.ts';

describe('conformance', () => {
  testFramework(it, {
    create: next,
    project: memoryDirectory(
      {
        'public/hello.txt': '',
        '.next/static/chunks/main.js': '',
        '.next/standalone/server.js': '',
      },
      { manifest: { scripts: { build: 'next build' }, dependencies: { next: '16.0.0' } } },
    ),
  });
});

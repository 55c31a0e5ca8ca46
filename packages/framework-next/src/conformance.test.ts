import { memoryDirectory, testFramework } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { next } from './index.ts';

const manifest = { scripts: { build: 'next build' }, dependencies: { next: '16.0.0' } };

describe('conformance', () => {
  testFramework(it, {
    create: next,
    project: memoryDirectory(
      {
        'public/hello.txt': '',
        '.next/static/chunks/main.js': '',
        '.next/standalone/server.js': '',
      },
      { manifest },
    ),
    noServer: memoryDirectory({}, { manifest }),
  });
});

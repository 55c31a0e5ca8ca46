import { memoryDirectory, testFramework } from '@project-runner/conformance';
import { describe, expect, it } from 'vitest';

import { sampleFramework } from './sample-framework.ts';

const manifest = { scripts: { build: 'sample build' }, dependencies: { sample: '1.0.0' } };

describe('conformance', () => {
  testFramework(it, {
    create: sampleFramework,
    project: memoryDirectory({ 'dist/server.js': '' }, { manifest }),
    noServer: memoryDirectory({}, { manifest }),
  });
});

it('says what is missing after a build that left nothing', () => {
  expect(() => sampleFramework().output(memoryDirectory({}, { manifest }))).toThrow(/has left no .*dist/);
});

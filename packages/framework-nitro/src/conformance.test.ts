import { memoryDirectory, testFramework } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { nitro } from './index.ts';

const manifest = { scripts: { build: 'nitro build' }, devDependencies: { nitro: '3.0.0' } };

describe('conformance', () => {
  testFramework(it, {
    create: nitro,
    project: memoryDirectory(
      { '.output/nitro.json': '{"preset":"node-server"}', '.output/server/index.mjs': '' },
      { manifest },
    ),
    noServer: memoryDirectory({}, { manifest }),
  });
});

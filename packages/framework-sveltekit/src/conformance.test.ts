import { memoryDirectory, testFramework } from '@project-runner/conformance';
import { describe, it } from 'vitest';

import { svelteKit } from './index.ts';

const manifest = { scripts: { build: 'vite build' }, devDependencies: { '@sveltejs/kit': '3.0.0' } };

describe('conformance', () => {
  testFramework(it, {
    create: svelteKit,
    project: memoryDirectory({ 'build/index.js': '' }, { manifest }),
    noServer: memoryDirectory({}, { manifest }),
  });
});

import { join } from 'node:path';

import { ProjectRunnerError } from '@project-runner/core';
import type { FrameworkPlugin } from '@project-runner/core';

const entry = 'dist/server.js';

/** Projects with the dependency sample: `npm run build` writes `dist/server.js`, which listens on PORT. */
export function sampleFramework(): FrameworkPlugin {
  return {
    kind: 'framework',
    name: 'sample',
    apiVersion: 1,
    detect: ({ manifest }) =>
      manifest?.dependencies.sample === undefined
        ? null
        : { strength: 'specific', reason: 'dependency sample' },
    build: ({ manifest }) => (manifest?.scripts.build === undefined ? {} : { script: 'build' }),
    output({ dir, has }) {
      if (has(entry)) return entry;
      throw new ProjectRunnerError('OUTPUT_MISSING', `The build has left no ${join(dir, entry)}`, {
        hint: 'Add "build": "sample build" to the scripts of package.json',
      });
    },
    start: ({ dir }) => ({ command: { file: 'node', args: [join(dir, entry)] }, cwd: 'release' }),
    env: ({ host, port }) => ({ HOST: host, PORT: String(port) }),
    drainSeconds: 10,
  };
}

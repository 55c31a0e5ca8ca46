import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** They start hundreds of processes. */
const slow = ['packages/conformance/src/test-launcher*.test.ts'];

/** `unit` is the loop of seconds; `e2e` drives real package managers, servers and the packed product. No retries. */
const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            // Starts a hundred processes; the packed templates are all run end to end.
            'packages/create-plugin/templates/!(launcher)/src/*.test.ts',
            'scripts/**/*.test.ts',
            'docs/scripts/*.test.ts',
          ],
          exclude: slow,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/**/*.test.ts', ...slow],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
export default config;

import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** They start hundreds of processes. */
const slow = ['packages/conformance/src/test-launcher*.test.ts'];

/**
 * `unit` is the loop of seconds; `e2e` drives real package managers, servers and the packed product. No retries, and polls wait
 * much longer than Vitest's one second: how fast the machine is, is none of a test's business.
 */
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
          expect: { poll: { timeout: 15_000 } },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/**/*.test.ts', ...slow],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          expect: { poll: { timeout: 60_000 } },
        },
      },
    ],
  },
});
export default config;

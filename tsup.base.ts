import type { Options } from 'tsup';

/** The one build set-up: ESM for Node 22.13 with bundled types, dependencies left outside. */
export const base: Options = {
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'node22.13',
  platform: 'node',
  dts: true,
  clean: true,
  sourcemap: false,
  splitting: false,
  treeshake: true,
};

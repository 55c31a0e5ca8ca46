import { createRequire } from 'node:module';

const manifest: unknown = createRequire(import.meta.url)('@project-runner/runner/package.json');

/** Version of this package. */
export const runnerVersion: string = (manifest as { version: string }).version;

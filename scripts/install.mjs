import { spawnSync } from 'node:child_process';

import { root } from './bootstrap.mjs';

/** Installs the workspace as its lockfile says; prints only what went wrong. */
export function install(env) {
  runQuietly('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'], env);
}

/** Builds all packages; turbo skips what has not changed. */
export function build(env) {
  runQuietly('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], env);
}

function runQuietly(file, args, env) {
  const result = spawnSync(file, args, {
    cwd: root,
    env: { ...env, CI: 'true', TURBO_TELEMETRY_DISABLED: '1' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  if (result.status === 0) return;
  process.stderr.write(
    `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`,
  );
  process.stderr.write(`\n${[file, ...args].join(' ')} failed.\n`);
  process.exit(result.status ?? 1);
}
